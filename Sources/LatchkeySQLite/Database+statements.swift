import Foundation
import GRDB
import LatchkeyTokens

/// Short forms over cached prepared statements. A row is only valid inside the closure that decodes it.
extension Database {
    /// The first row, or nil.
    func first<Value>(
        _ sql: String, _ arguments: StatementArguments = StatementArguments(), _ decode: (Row) throws -> Value
    ) throws -> Value? {
        let rows = try Row.fetchCursor(try cachedStatement(sql: sql), arguments: arguments)
        return try rows.next().map(decode)
    }

    /// All rows in order.
    func all<Value>(
        _ sql: String, _ arguments: StatementArguments = StatementArguments(), _ decode: (Row) throws -> Value
    ) throws -> [Value] {
        let rows = try Row.fetchCursor(try cachedStatement(sql: sql), arguments: arguments)
        var values: [Value] = []
        while let row = try rows.next() { values.append(try decode(row)) }
        return values
    }

    /// Runs one statement and tells how many rows it changed.
    @discardableResult
    func run(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> Int {
        try cachedStatement(sql: sql).execute(arguments: arguments)
        return changesCount
    }

    /// An integer that is always there, such as a count.
    func integer(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> Int64 {
        guard let value = try first(sql, arguments, { row -> Int64? in row[0] }), let value else {
            throw StoreFault("a number was expected and there is none")
        }
        return value
    }
}

/// How values of the domain stand in columns.
extension Row {
    func timestamp(_ index: Int) -> Timestamp { Timestamp(milliseconds: self[index]) }

    func optionalTimestamp(_ index: Int) -> Timestamp? {
        (self[index] as Int64?).map { Timestamp(milliseconds: $0) }
    }

    func bytes(_ index: Int) -> [UInt8] { [UInt8](self[index] as Data) }

    func optionalBytes(_ index: Int) -> [UInt8]? { (self[index] as Data?).map { [UInt8]($0) } }

    func optionalDuration(_ index: Int) -> Duration? {
        (self[index] as Int64?).map { .milliseconds($0) }
    }

    /// - Throws: ``StoreFault`` when the column does not hold what we write there.
    func value<Value: RawRepresentable>(_ index: Int) throws -> Value where Value.RawValue == String {
        guard let value = Value(rawValue: self[index]) else { throw StoreFault.unreadable(Value.self) }
        return value
    }
}

extension StoreFault {
    static func unreadable(_ type: Any.Type) -> StoreFault {
        StoreFault("a row holds something that is no \(type)")
    }
}

extension [UInt8] {
    /// As a blob argument.
    var blob: DatabaseValue { Data(self).databaseValue }
}

/// Lists in one column, one element a line. No element may hold a line break; those that do were not judged at the
/// border and are a fault.
enum TextList {
    static func encode(_ elements: [String]) throws -> String {
        guard elements.allSatisfy({ !$0.isEmpty && !$0.utf8.contains(UInt8(ascii: "\n")) }) else {
            throw StoreFault("a list element is empty or has a line break")
        }
        return elements.joined(separator: "\n")
    }

    static func decode(_ text: String) -> [String] {
        text.isEmpty ? [] : text.split(separator: "\n").map(String.init)
    }
}
