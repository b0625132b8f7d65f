import LatchkeyCore
import LatchkeySQL

extension Database: SQLConnection {
    /// Rows in order, until `body` stops.
    func walk(_ sql: String, _ arguments: [any Bindable], _ body: (Row) throws -> Walk) throws {
        let statement = try statement(sql)
        if !statement.isReadOnly { try guardWrite() }
        try statement.run(arguments, body)
    }

    /// Runs one statement to its end and returns how many rows it changed.
    @discardableResult
    func run(_ sql: String, _ arguments: [any Bindable]) throws -> Int {
        try walk(sql, arguments) { _ in .on }
        return changesCount
    }
}

extension Database {
    /// Runs `body` between BEGIN and COMMIT; any error that it throws undoes everything.
    func transaction<Value>(_ begin: String = "BEGIN IMMEDIATE", _ body: () throws -> Value) throws -> Value {
        try run(begin)
        do {
            let value = try body()
            try run("COMMIT")
            return value
        } catch {
            // SQLite may have rolled back already.
            if isInsideTransaction { _ = try? run("ROLLBACK") }
            throw error
        }
    }

    func tableExists(_ name: String) throws -> Bool {
        try integer("SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?)", [name]) == 1
    }
}
