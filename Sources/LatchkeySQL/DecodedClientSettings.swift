import LatchkeyCore

/// Client settings that this connection has decoded, each with the text that it was decoded from.
///
/// A refresh reads its client's row, and decoding JSON would cost more than the rest of the row. The result is always
/// what decoding the row's own text would give: the text is compared byte for byte, and equal texts have equal
/// settings. So nothing here can be out of date, whatever changed the row, and nothing needs to be invalidated.
package final class DecodedClientSettings {
    /// Clients remembered at a time; at most some kilobytes each.
    private static let limit = 512

    private var known: [Int64: (text: [UInt8], settings: SharedClientSettings)] = [:]

    package init() {}

    /// The settings of the client with this number, whose stored text is in the row's column.
    /// - Throws: ``StoreFault`` for a text that cannot be read.
    func of(_ number: Int64, _ row: Row, column: Int) throws -> SharedClientSettings {
        if let entry = known[number], row.holds(entry.text, column) { return entry.settings }
        let text = row.bytes(column)
        do {
            let settings = SharedClientSettings(try ClientSettings(stored: text))
            if known.count >= Self.limit { known.removeAll(keepingCapacity: true) }
            known[number] = (text, settings)
            return settings
        } catch {
            throw StoreFault("the settings of client number \(number) cannot be read: \(error)")
        }
    }
}
