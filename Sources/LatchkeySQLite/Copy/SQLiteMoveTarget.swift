import LatchkeyCore
package import LatchkeySQL
package import LatchkeyTokens

#if canImport(Glibc)
    import Glibc
#endif

/// A new database file that takes over the data of another database. It gets its name when it is whole; the caller holds
/// the data directory's lock. Used on one thread.
package final class SQLiteMoveTarget {
    private let path: String
    private let partial: String
    private let database: Database
    package let tables: [CopiedTable]
    package var connection: any SQLConnection { database }

    /// - Throws: ``StoreUnavailable`` when there is a database already.
    package init(path: String, now: Timestamp) throws {
        // The path is a live, NUL-terminated copy for the call.
        guard unsafe access(path, F_OK) != 0 else {
            throw StoreUnavailable("there is a database at \(path) already: move it away first")
        }
        self.path = path
        partial = path + ".copying"
        DatabaseCopy.remove(partial)
        do {
            try DatabaseFile(path: partial).create()
            database = try Database(path: partial, access: .readWrite)
            try Migrator().run(on: database, applyPending: true, now: now)
            tables = try CopiedTable.all(in: database)
            try database.run("BEGIN IMMEDIATE")
            for table in tables.reversed() { try database.run("DELETE FROM \(table.name)") }
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

    package func setLastNumber(of table: String, _ number: Int64) throws {
        try database.run("DELETE FROM sqlite_sequence WHERE name = ?", [table])
        try database.run("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", [table, number])
    }

    /// Commits, checks and syncs the copy, which keeps its preliminary name.
    /// - Parameters:
    ///   - clockFloor: the latest instant that the source has used.
    ///   - number: of the move.
    package func finish(clockFloor: Timestamp, number: Int64) throws {
        try database.run("UPDATE session_count SET sessions = (SELECT count(*) FROM sessions)")
        // The first start draws an epoch of its own.
        try database.run("UPDATE revocation_state SET epoch = '', clock_floor = ?", [clockFloor.milliseconds])
        try database.run("COMMIT")
        try MovedMark(connection: database).write(isMoved: false, number: number)
        let problems = try DatabaseCheck.problems(in: database)
        guard problems.isEmpty else { throw StoreFault("the copy is damaged: \(problems.joined(separator: "; "))") }
        try database.close()
        try DatabaseCopy.sync(partial)
    }

    /// Gives the finished copy its name.
    package func takePlace() throws { try DatabaseCopy.rename(partial, to: path, replacing: false) }

    package func discard() {
        try? database.close()
        DatabaseCopy.remove(partial)
    }
}
