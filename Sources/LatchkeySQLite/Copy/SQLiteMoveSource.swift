import LatchkeyCore
package import LatchkeySQL
package import LatchkeyTokens

#if canImport(Glibc)
    import Glibc
#endif

/// A database file whose data moves to PostgreSQL. The caller holds the data directory's lock; used on one thread.
package final class SQLiteMoveSource {
    private let database: Database
    package let tables: [CopiedTable]

    /// Opens the file and judges it completely. It stays as it is.
    /// - Throws: ``StoreUnavailable``, ``MigrationError``, with a sentence for the operator.
    package init(path: String) throws {
        let file = DatabaseFile(path: path)
        do {
            let migrator = Migrator()
            database = try file.openWriter()
            let applied = try migrator.appliedCount(in: database)
            guard applied == migrator.migrations.count else {
                throw MigrationError.pending(applied: applied, known: migrator.migrations.count)
            }
            let problems = try DatabaseCheck.problems(in: database)
            guard problems.isEmpty else {
                throw StoreUnavailable("the database \(path) is damaged: \(problems.joined(separator: "; "))")
            }
            tables = try CopiedTable.all(in: database)
            // One state for all that is read, though nobody else writes.
            try database.run("BEGIN")
        } catch let error as DatabaseError {
            throw Failure.unavailable(error)
        }
    }

    /// For ``TableCopy``.
    package func read(_ table: CopiedTable, _ body: (Row) throws -> Void) throws {
        try database.walk("SELECT \(table.list) FROM \(table.name)", []) { row in
            try body(row)
            return .on
        }
    }

    /// The value that was sealed with the database's master key, if any.
    package func masterKeyProbe() throws -> [UInt8]? { try DatabaseCheck.masterKeyProbe(in: database) }

    /// The latest instant that this server has used.
    package func clockFloor() throws -> Timestamp {
        Timestamp(milliseconds: try database.integer("SELECT clock_floor FROM revocation_state"))
    }

    /// The last number that was given to a row of a table of ``CopiedTable/counted``; 0 before the first.
    package func lastNumber(of table: String) throws -> Int64 {
        try database.first("SELECT seq FROM sqlite_sequence WHERE name = ?", [table]) { $0[0] } ?? 0
    }

    /// Marks the file as moved. From then on no server opens it.
    package func markMoved(number: Int64) throws {
        try database.run("COMMIT")
        try MovedMark(connection: database).write(isMoved: true, number: number)
        try database.run("BEGIN")
    }

    package func close() {
        if database.isInsideTransaction { _ = try? database.run("COMMIT") }
        _ = try? database.checkpoint(.truncate)
        try? database.close()
    }
}

/// What a file says about a move.
package struct SQLiteMove: Sendable {
    private let file: DatabaseFile
    package let isMoved: Bool
    package let number: Int64
    /// Whether a server has opened it since it was made.
    package let hasServed: Bool

    /// - Returns: nil when there is no file.
    /// - Throws: ``StoreUnavailable`` for one that cannot be read.
    package init?(path: String) throws {
        file = DatabaseFile(path: path)
        // The path is a live, NUL-terminated copy for the call.
        guard unsafe access(path, F_OK) == 0 else { return nil }
        do {
            let database = try file.openWriter()
            defer { try? database.close() }
            let mark = MovedMark(connection: database)
            isMoved = try mark.isMoved()
            number = try mark.number()
            hasServed = try !database.holds("SELECT epoch = '' FROM revocation_state")
        } catch let error as DatabaseError {
            throw Failure.unavailable(error)
        }
    }

    /// Takes the mark away: a server may open the file again.
    package func undo() throws {
        do {
            let database = try file.openWriter()
            defer { try? database.close() }
            try MovedMark(connection: database).write(isMoved: false, number: 0)
        } catch let error as DatabaseError {
            throw Failure.unavailable(error)
        }
    }

    /// Removes a file that no server has opened.
    package func remove() throws {
        DatabaseCopy.remove(file.path)
        try DatabaseCopy.sync(DatabaseCopy.directory(of: file.path))
    }
}
