/// Short forms over prepared statements. A row is only valid inside the closure that decodes it.
extension Database {
    /// The first row, or nil. Later rows are not looked for.
    func first<Value>(
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
    func all<Value>(
        _ sql: String, _ arguments: [any Bindable] = [], _ decode: (Row) throws -> Value
    ) throws -> [Value] {
        var values: [Value] = []
        try walk(sql, arguments) { row in
            values.append(try decode(row))
            return .on
        }
        return values
    }

    /// Runs one statement to its end and tells how many rows it changed.
    @discardableResult
    func run(_ sql: String, _ arguments: [any Bindable] = []) throws -> Int {
        try walk(sql, arguments) { _ in .on }
        return changesCount
    }

    /// An integer that is always there, such as a count.
    func integer(_ sql: String, _ arguments: [any Bindable] = []) throws -> Int64 {
        guard let value = try first(sql, arguments, { row -> Int64? in row[0] }), let value else {
            throw StoreFault("a number was expected and there is none")
        }
        return value
    }

    /// Rows in order, until `body` stops.
    func walk(_ sql: String, _ arguments: [any Bindable] = [], _ body: (Row) throws -> Statement.Walk) throws {
        let statement = try statement(sql)
        if !statement.isReadOnly { try guardWrite() }
        try statement.run(arguments, body)
    }

    /// Runs `body` between BEGIN and COMMIT; whatever it throws undoes it all.
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
        // By bytes: a line break is never a part of another character, and finding characters takes longer.
        text.isEmpty ? [] : text.utf8.split(separator: UInt8(ascii: "\n")).compactMap { String($0) }
    }
}
