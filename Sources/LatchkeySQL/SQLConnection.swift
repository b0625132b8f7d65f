package import LatchkeyCore

/// One connection to a database, as the statements of this target use it. On one thread at a time, blocking.
///
/// Arguments stand for `?` in order, or for `?1`, `?2` … by number. Statements are prepared once, by their text, so
/// frequent ones are constants. The result of a statement is only valid inside the closure that receives it.
package protocol SQLConnection: AnyObject {
    /// The settings decoded through this connection.
    var clientSettings: DecodedClientSettings { get }
    /// Rows in order, until `body` stops.
    func walk(_ sql: String, _ arguments: [any Bindable], _ body: (Row) throws -> Walk) throws
    /// Runs one statement to its end and returns how many rows it changed.
    @discardableResult
    func run(_ sql: String, _ arguments: [any Bindable]) throws -> Int
    /// Runs one statement whose count nobody needs. It may be sent later, with a statement after it or with the commit,
    /// and an error may come up only there.
    func write(_ sql: String, _ arguments: [any Bindable]) throws
    /// Runs the last statement of a rule, after which the rule neither writes nor fails. If it is the only one that
    /// writes, it needs no savepoint: when it fails, the database itself undoes it.
    func writeLast(_ sql: String, _ arguments: [any Bindable]) throws
}

extension SQLConnection {
    /// Runs one statement without arguments.
    @discardableResult
    package func run(_ sql: String) throws -> Int { try run(sql, []) }

    package func write(_ sql: String, _ arguments: [any Bindable]) throws { try run(sql, arguments) }

    /// The first row, or nil. Later rows are not searched for.
    package func first<Value>(
        _ sql: String, _ arguments: [any Bindable] = [], _ decode: (Row) throws -> Value
    ) throws -> Value? {
        var value: Value?
        try walk(sql, arguments) { row in
            value = try decode(row)
            return .stop
        }
        return value
    }

    /// All rows in order.
    package func all<Value>(
        _ sql: String, _ arguments: [any Bindable] = [], _ decode: (Row) throws -> Value
    ) throws -> [Value] {
        var values: [Value] = []
        try walk(sql, arguments) { row in
            values.append(try decode(row))
            return .on
        }
        return values
    }

    /// An integer that always exists, such as a count.
    package func integer(_ sql: String, _ arguments: [any Bindable] = []) throws -> Int64 {
        guard let value = try first(sql, arguments, { row -> Int64? in row[0] }), let value else {
            throw StoreFault("a number was expected and there is none")
        }
        return value
    }

    /// Whether `SELECT EXISTS (…)` or a comparison holds.
    package func holds(_ sql: String, _ arguments: [any Bindable] = []) throws -> Bool {
        try integer(sql, arguments) != 0
    }
}
