internal import CSQLite
internal import Glibc
internal import LatchkeyTokens

/// The row that a statement stands on. Valid only inside the closure that is handed it.
// Safe: made by `Statement.run` alone, which steps on only after the closure has returned.
@safe struct Row {
    fileprivate let statement: OpaquePointer

    init(_ statement: OpaquePointer) { unsafe self.statement = statement }

    /// The column as the type that is asked for. Our tables are STRICT, so what is no NULL has the declared type.
    subscript<Value: Column>(index: Int) -> Value { Value(self, Int32(index)) }

    func isNull(_ index: Int) -> Bool { unsafe sqlite3_column_type(statement, Int32(index)) == SQLITE_NULL }

    fileprivate func integer(_ index: Int32) -> Int64 { unsafe sqlite3_column_int64(statement, index) }

    /// The bytes of a text or a blob, which SQLite keeps until the next step.
    fileprivate func withBytes<Value>(_ index: Int32, _ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        // In this order, as SQLite asks: the first call may convert, the second counts what came of it.
        let start = unsafe sqlite3_column_blob(statement, index)
        let count = unsafe sqlite3_column_bytes(statement, index)
        return unsafe body(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(count)))
    }
}

extension Row {
    /// Whether the column's text or blob has exactly these bytes. Copies nothing.
    func holds(_ bytes: [UInt8], _ index: Int) -> Bool {
        unsafe withBytes(Int32(index)) { stored in
            unsafe bytes.withUnsafeBytes { given in
                guard stored.count == given.count else { return false }
                guard let one = stored.baseAddress, let other = given.baseAddress else { return true }
                return unsafe memcmp(one, other, stored.count) == 0
            }
        }
    }
}

/// A type that a column can be read as.
protocol Column {
    init(_ row: Row, _ index: Int32)
}

extension Int64: Column {
    init(_ row: Row, _ index: Int32) { self = row.integer(index) }
}

extension Int: Column {
    init(_ row: Row, _ index: Int32) { self = Int(row.integer(index)) }
}

extension UInt32: Column {
    init(_ row: Row, _ index: Int32) { self = UInt32(row.integer(index)) }
}

extension Bool: Column {
    init(_ row: Row, _ index: Int32) { self = row.integer(index) != 0 }
}

extension String: Column {
    init(_ row: Row, _ index: Int32) {
        self = unsafe row.withBytes(index) { bytes in unsafe String(decoding: bytes, as: UTF8.self) }
    }
}

extension [UInt8]: Column {
    init(_ row: Row, _ index: Int32) { self = unsafe row.withBytes(index) { bytes in unsafe Array(bytes) } }
}

extension Optional: Column where Wrapped: Column {
    init(_ row: Row, _ index: Int32) { self = row.isNull(Int(index)) ? nil : Wrapped(row, index) }
}

/// How values of the domain stand in columns.
extension Row {
    func timestamp(_ index: Int) -> Timestamp { Timestamp(milliseconds: self[index]) }

    func optionalTimestamp(_ index: Int) -> Timestamp? {
        (self[index] as Int64?).map { Timestamp(milliseconds: $0) }
    }

    func bytes(_ index: Int) -> [UInt8] { self[index] }

    func optionalBytes(_ index: Int) -> [UInt8]? { self[index] }

    func optionalDuration(_ index: Int) -> Duration? {
        (self[index] as Int64?).map { .milliseconds($0) }
    }

    /// - Throws: ``StoreFault`` when the column does not hold what we write there.
    func value<Value: RawRepresentable>(_ index: Int) throws -> Value where Value.RawValue == String {
        guard let value = Value(rawValue: self[index]) else { throw StoreFault.unreadable(Value.self) }
        return value
    }
}
