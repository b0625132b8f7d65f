import LatchkeyCore

/// Writes the rows of one table, many in each statement, and never holds more than those.
package struct RowWriter {
    private let connection: any SQLConnection
    private let table: CopiedTable
    /// A column that only the target has, and the column whose value it takes.
    private let extra: (name: String, source: Int)?
    private var waiting: [[SQLValue]] = []

    /// PostgreSQL describes a statement's arguments in four bytes each, and libpq takes such a message for a broken
    /// connection when it is longer than 30,000 bytes. With more rows a statement gains nothing.
    private static let mostArguments = 7_000
    private static let mostRows = 500

    /// - Parameter extra: a column that only the target has, and the column whose value it takes.
    package init(_ connection: any SQLConnection, _ table: CopiedTable, extra: (name: String, as: String)? = nil) {
        self.connection = connection
        self.table = table
        self.extra = extra.flatMap { extra in
            table.columns.firstIndex { $0.name.utf8.elementsEqual(extra.as.utf8) }.map { (extra.name, $0) }
        }
    }

    private var width: Int { table.columns.count + (extra == nil ? 0 : 1) }
    private var batch: Int { max(1, min(Self.mostRows, Self.mostArguments / width)) }

    package mutating func add(_ values: [SQLValue]) throws {
        waiting.append(extra.map { values + [values[$0.source]] } ?? values)
        if waiting.count == batch { try finish() }
    }

    /// Writes what waits.
    package mutating func finish() throws {
        guard !waiting.isEmpty else { return }
        let columns = table.list + (extra.map { ", \($0.name)" } ?? "")
        let places = "(" + Array(repeating: "?", count: width).joined(separator: ", ") + ")"
        let rows = Array(repeating: places, count: waiting.count).joined(separator: ", ")
        let written = try connection.run(
            "INSERT INTO \(table.name) (\(columns)) VALUES \(rows)", waiting.flatMap { $0.map { $0 as any Bindable } })
        guard written == waiting.count else {
            throw StoreFault("of \(waiting.count) rows of \(table.name) \(written) were written")
        }
        waiting = []
    }
}

/// Reads a whole table, row by row.
package typealias TableReader = (CopiedTable, (Row) throws -> Void) throws -> Void

/// One table after the other from one database into another, and the comparison of both.
package struct TableCopy {
    package let tables: [CopiedTable]
    package let source: TableReader
    package let target: any SQLConnection
    /// Reads what was written, in the transaction that wrote it.
    package let readBack: TableReader
    /// See ``RowWriter``.
    package let extra: (table: String, name: String, as: String)?

    package init(
        _ tables: [CopiedTable], from source: @escaping TableReader, to target: any SQLConnection,
        readBack: @escaping TableReader, extra: (table: String, name: String, as: String)? = nil
    ) {
        self.tables = tables
        self.source = source
        self.target = target
        self.readBack = readBack
        self.extra = extra
    }

    /// Copies all tables and compares counts and sums.
    /// - Returns: the rows of each table.
    /// - Throws: ``StoreFault`` when they differ, and what the databases report.
    package func run() throws -> [(table: String, rows: Int64)] {
        let sums = try tables.map(copy)
        for (table, sum) in zip(tables, sums) {
            guard try Self.sum(of: table, readBack) == sum else {
                throw StoreFault("the copy of the table \(table.name) does not hold what the source does")
            }
        }
        return zip(tables, sums).map { ($0.name, $1.rows) }
    }

    private func copy(_ table: CopiedTable) throws -> TableSum {
        let extra = self.extra.flatMap {
            $0.table.utf8.elementsEqual(table.name.utf8) ? (name: $0.name, as: $0.as) : nil
        }
        var writer = RowWriter(target, table, extra: extra)
        var sum = TableSum()
        try source(table) { row in
            let values = table.values(row)
            sum.add(values)
            try writer.add(values)
        }
        try writer.finish()
        return sum
    }

    /// - Parameter reader: of either database.
    package static func sum(of table: CopiedTable, _ reader: TableReader) throws -> TableSum {
        var sum = TableSum()
        try reader(table) { sum.add(table.values($0)) }
        return sum
    }
}
