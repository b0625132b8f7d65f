package import LatchkeyCore
package import LatchkeyTokens

/// The current row of a statement, as an engine keeps it. Our tables declare a column's type, so a value that is not
/// NULL has it.
package protocol RowSource: AnyObject {
    func isNull(_ index: Int) -> Bool
    func integer(_ index: Int) -> Int64
    func text(_ index: Int) -> String
    func blob(_ index: Int) -> [UInt8]
    /// Whether the column's text or blob has exactly these bytes. Copies nothing.
    func holds(_ bytes: [UInt8], _ index: Int) -> Bool
}

/// The current row of a statement. Valid only inside the closure that receives it.
package struct Row {
    fileprivate let source: any RowSource

    package init(_ source: any RowSource) { self.source = source }

    /// The column as the requested type.
    package subscript<Value: Column>(index: Int) -> Value { Value(self, index) }

    package func isNull(_ index: Int) -> Bool { source.isNull(index) }

    /// Whether the column's text or blob has exactly these bytes. Copies nothing.
    func holds(_ bytes: [UInt8], _ index: Int) -> Bool { source.holds(bytes, index) }
}

/// A type that a column can be read as.
package protocol Column {
    init(_ row: Row, _ index: Int)
}

extension Int64: Column {
    package init(_ row: Row, _ index: Int) { self = row.source.integer(index) }
}

extension Int: Column {
    package init(_ row: Row, _ index: Int) { self = Int(row.source.integer(index)) }
}

extension UInt32: Column {
    package init(_ row: Row, _ index: Int) { self = UInt32(row.source.integer(index)) }
}

extension Bool: Column {
    package init(_ row: Row, _ index: Int) { self = row.source.integer(index) != 0 }
}

extension String: Column {
    package init(_ row: Row, _ index: Int) { self = row.source.text(index) }
}

extension [UInt8]: Column {
    package init(_ row: Row, _ index: Int) { self = row.source.blob(index) }
}

extension Optional: Column where Wrapped: Column {
    package init(_ row: Row, _ index: Int) { self = row.source.isNull(index) ? nil : Wrapped(row, index) }
}

/// How values of the domain are stored in columns.
extension Row {
    package func timestamp(_ index: Int) -> Timestamp { Timestamp(milliseconds: self[index]) }

    package func optionalTimestamp(_ index: Int) -> Timestamp? {
        (self[index] as Int64?).map { Timestamp(milliseconds: $0) }
    }

    package func optionalDuration(_ index: Int) -> Duration? {
        (self[index] as Int64?).map { .milliseconds($0) }
    }

    package func bytes(_ index: Int) -> [UInt8] { self[index] }

    package func optionalBytes(_ index: Int) -> [UInt8]? { self[index] }

    /// - Throws: ``StoreFault`` when the column does not hold what we write there, as in the methods below.
    package func value<Value: RawRepresentable>(_ index: Int) throws -> Value where Value.RawValue == String {
        guard let value = Value(rawValue: self[index]) else { throw StoreFault.unreadable(Value.self) }
        return value
    }

    package func userID(_ index: Int) throws -> UserID {
        guard let id = UserID(bytes: bytes(index)) else { throw StoreFault.unreadable(UserID.self) }
        return id
    }

    package func sessionID(_ index: Int) throws -> SessionID {
        guard let id = SessionID(bytes: bytes(index)) else { throw StoreFault.unreadable(SessionID.self) }
        return id
    }

    package func clientID(_ index: Int) throws -> ClientID {
        guard let id = ClientID(self[index] as String) else { throw StoreFault.unreadable(ClientID.self) }
        return id
    }

    package func scope(_ index: Int) throws -> Scope {
        guard let scope = Scope(self[index] as String) else { throw StoreFault.unreadable(Scope.self) }
        return scope
    }
}

extension Row {
    /// Empty for NULL.
    package func proofs(_ index: Int) throws -> [Proof] {
        guard let text: String = self[index] else { return [] }
        guard let proofs = [Proof](text: text) else { throw StoreFault.unreadable([Proof].self) }
        return proofs
    }

    package func beginning(_ index: Int) throws -> Session.Beginning {
        guard let beginning = Session.Beginning(rawValue: self[index]) else {
            throw StoreFault.unreadable(Session.Beginning.self)
        }
        return beginning
    }

    /// Empty for NULL.
    func texts(_ index: Int) -> [String] { isNull(index) ? [] : TextList.decode(self[index]) }
}
