import Foundation
package import LatchkeyCore
package import LatchkeyTokens

extension SQLiteStore {
    /// Puts a backup in the place of the database at `settings.path`, atomically. The caller holds the data
    /// directory's lock.
    ///
    /// What undoes the backup's age is written into the copy before it gets the database's name: everybody's watermark,
    /// and the mark that makes the next start revoke `all` and withdraw the signing keys. So no instant exists in which
    /// the database is a live, unrevoked backup, whenever this process is killed.
    ///
    /// The sequence of the revocation log, the clock floor and the token horizon are carried over from the database
    /// that is replaced, as far as it can be read: they never go back in a data directory.
    ///
    /// - Parameters:
    ///   - settlement: what the next start has to do; `nil` to put back a database that was never replaced for long.
    ///   - now: the wall clock.
    /// - Throws: ``StoreUnavailable`` or ``MigrationError`` when the backup is damaged, foreign or newer than this
    ///   program; the database is untouched then.
    package static func restoreFile(
        from backup: String, settings: Settings, settlement: PendingSettlement?, now: Timestamp
    ) throws {
        guard FileManager.default.fileExists(atPath: backup) else {
            throw Refusal(.notFound, "There is no backup under this name.")
        }
        let database = DatabaseFile(path: settings.path)
        let carried = Carried(database)
        let partial = settings.path + ".restoring"
        DatabaseCopy.remove(partial)
        try DatabaseCopy.make(of: DatabaseFile(path: backup), at: partial) { copy in
            // A mark needs the current schema, and every later start would migrate all the same.
            if settlement != nil { try Migrator().run(on: copy, applyPending: true, now: now) }
            try carried.apply(to: copy)
            if let settlement { try mark(copy, settlement, now) }
        }
        // The old log must not be replayed into the new file. Its pages are in the old database already when that
        // could be read (a writer's close moves them), so stopping between these two steps loses nothing.
        for companion in [database.writeAheadLogPath, database.sharedMemoryPath] {
            try? FileManager.default.removeItem(atPath: companion)
        }
        try DatabaseCopy.sync(DatabaseCopy.directory(of: settings.path))
        try DatabaseCopy.rename(partial, to: settings.path, replacing: true)
    }

    /// A backup may carry a mark of its own; ending the sessions wins over keeping them.
    private static func mark(_ database: Database, _ settlement: PendingSettlement, _ now: Timestamp) throws {
        let stands = try StateRow.read(database).settlement
        let settlement = stands == .restored ? .restored : settlement
        try database.run(
            "UPDATE revocation_state SET settlement = ?, clock_floor = max(clock_floor, ?)",
            [settlement.rawValue, now.milliseconds])
        // As revoking `all` would do at the clock floor, but for the entry.
        try database.run("UPDATE revocation_state SET issued_before = clock_floor / 1000")
        if settlement == .restored { try database.run("UPDATE revocation_state SET sessions_ended_at = clock_floor") }
    }
}

/// What a restored database takes over from the one that it replaces.
private struct Carried {
    private var sequence: Int64 = 0
    private var floor: Int64 = 0
    private var horizon: Int64 = 0

    /// Reads the database that is about to be replaced, and moves its write-ahead log into it. Nothing is carried over
    /// from one that is missing, damaged or foreign: `db restore` is what one does then.
    init(_ file: DatabaseFile) {
        guard FileManager.default.fileExists(atPath: file.path), let connection = try? file.openWriter() else { return }
        defer { try? connection.close() }
        _ = try? connection.checkpoint(.truncate)
        let state = try? connection.first("SELECT last_seq, clock_floor, token_horizon FROM revocation_state") { row in
            (row[0] as Int64, row[1] as Int64, row[2] as Int64)
        }
        if let state = state ?? nil { (sequence, floor, horizon) = state }
    }

    func apply(to database: Database) throws {
        guard try database.tableExists("revocation_state") else { return }
        try database.run(
            """
            UPDATE revocation_state SET last_seq = max(last_seq, ?), clock_floor = max(clock_floor, ?),
                token_horizon = max(token_horizon, ?), lower_horizon = NULL, lower_horizon_at = NULL
            """, [sequence, floor, horizon])
    }
}
