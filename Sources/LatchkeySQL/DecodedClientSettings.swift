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

    /// The settings of the client with this number, whose stored text is in the row's column. An unreadable text is not
    /// an error: one client must not prevent the server from starting for all others.
    func of(_ number: Int64, _ row: Row, column: Int) -> SharedClientSettings {
        if let entry = known[number], row.holds(entry.text, column) { return entry.settings }
        let text = row.bytes(column)
        let settings = Self.read(text)
        if known.count >= Self.limit { known.removeAll(keepingCapacity: true) }
        known[number] = (text, settings)
        return settings
    }

    private static func read(_ text: [UInt8]) -> SharedClientSettings {
        do {
            return SharedClientSettings(try ClientSettings(stored: text))
        } catch {
            return SharedClientSettings(unreadable: "\(error)")
        }
    }
}
