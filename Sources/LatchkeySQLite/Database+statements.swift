import GRDB

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
