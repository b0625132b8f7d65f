import Foundation
import LatchkeyCore
import LatchkeySQL
import LatchkeyTokens

#if canImport(Glibc)
    import Glibc
#endif

/// A backup that was copied into the data directory and judged there completely, but has not replaced the database yet.
/// Until then, nothing of the database has been opened or changed.
package struct StagedBackup: Sendable {
    private let backup: BackupFile
    private let place: DatabaseFile
    /// Shows whether a master key is the one that sealed the backup; `nil` when nothing was sealed.
    package let masterKeyProbe: [UInt8]?

    private var partial: String { place.restoringPath }

    /// Copies and judges. The caller holds the data directory's lock.
    /// - Throws: ``BackupRefused``, and ``StoreUnavailable`` when the data directory cannot take the copy. In that case
    ///   nothing is left behind.
    static func stage(_ path: String, for place: DatabaseFile, now: Timestamp) throws -> StagedBackup {
        let backup = try BackupFile(path, beside: place)
        let partial = place.restoringPath
        // Left by a run that was killed.
        DatabaseCopy.remove(partial)
        try DatabaseFile(path: partial).create()
        do {
            let target = try Database(path: partial, access: .readWrite)
            defer { try? target.close() }
            try backup.read { source in
                _ = try backup.checkSchema(of: source)
                try copy(source, to: target)
            }
            return StagedBackup(backup: backup, place: place, masterKeyProbe: try judge(target, backup, now))
        } catch {
            DatabaseCopy.remove(partial)
            throw (error as? DatabaseError).map { Failure.unavailable($0) } ?? error
        }
    }

    /// A disk error about the copy is not the backup's fault.
    private static func copy(_ source: Database, to target: Database) throws {
        do {
            try source.copy(to: target)
        } catch let error as DatabaseError where !error.isAboutReading {
            throw Failure.unavailable(error)
        }
    }

    /// Integrity and the rules of the domain, before and after the schema is brought up to date.
    private static func judge(_ copy: Database, _ backup: BackupFile, _ now: Timestamp) throws -> [UInt8]? {
        // One file, no companions, until it is opened as a store.
        try copy.run("PRAGMA journal_mode = DELETE")
        try copy.run("PRAGMA synchronous = FULL")
        do {
            try refuse(DatabaseCheck.problems(in: copy), of: backup)
            if try backup.checkSchema(of: copy) < Migrator().migrations.count {
                try Migrator().run(on: copy, applyPending: true, now: now)
                try refuse(DatabaseCheck.problems(in: copy), of: backup)
            }
            return try DatabaseCheck.masterKeyProbe(in: copy)
        } catch let error as DatabaseError where !error.isAboutReading && Failure.dissolves(error) {
            throw Failure.unavailable(error)
        } catch {
            throw backup.refusal(error)
        }
    }

    private static func refuse(_ problems: [String], of backup: BackupFile) throws(BackupRefused) {
        guard problems.isEmpty else {
            throw BackupRefused(backup.path, "it is damaged: \(problems.joined(separator: "; "))")
        }
    }

    /// Discards the copy.
    package func discard() { DatabaseCopy.remove(partial) }

    /// Puts the copy in the database's place, atomically, and keeps the database that was there as
    /// `latchkey.sqlite.replaced`. The caller holds the data directory's lock.
    ///
    /// The consequences of the backup's age are written into the copy before it gets the database's name: the watermark
    /// for all tokens, and the mark that makes the next start revoke `all` and withdraw the signing keys. So at no
    /// instant is the database a live, unrevoked backup, whenever this process is killed.
    ///
    /// The sequence of the revocation log, the clock floor and the token horizon are carried over from the replaced
    /// database, as far as it can be read: they never go backwards in a data directory.
    ///
    /// - Returns: whether there was a database to keep.
    /// - Throws: ``StoreUnavailable``; in that case the database is untouched.
    func takePlace(_ settlement: PendingSettlement, now: Timestamp) throws -> Bool {
        do {
            let carried = Carried(place)
            let copy = try Database(path: partial, access: .readWrite)
            defer { try? copy.close() }
            try copy.run("PRAGMA synchronous = FULL")
            try carried.apply(to: copy)
            try Self.mark(copy, settlement, now)
            try copy.close()
            try DatabaseCopy.sync(partial)
            let isKept = try place.keepReplaced()
            try place.removeCompanions()
            try DatabaseCopy.rename(partial, to: place.path, replacing: true)
            return isKept
        } catch {
            discard()
            throw (error as? DatabaseError).map { Failure.unavailable($0) } ?? error
        }
    }

    /// A backup may carry a mark of its own; ending the sessions takes precedence over keeping them.
    private static func mark(_ database: Database, _ settlement: PendingSettlement, _ now: Timestamp) throws {
        let stands = try StateRow(database, SQLiteDialect()).row().settlement
        let settlement = stands == .restored ? .restored : settlement
        try database.run(
            "UPDATE revocation_state SET settlement = ?, clock_floor = max(clock_floor, ?)",
            [settlement.rawValue, now.milliseconds])
        // As revoking `all` would do at the clock floor, but without the entry.
        try database.run("UPDATE revocation_state SET issued_before = clock_floor / 1000")
        if settlement == .restored { try database.run("UPDATE revocation_state SET sessions_ended_at = clock_floor") }
    }
}

extension DatabaseFile {
    /// The path where a backup is copied to and judged.
    var restoringPath: String { path + ".restoring" }
    /// The path of the database that a backup replaced.
    var replacedPath: String { path + ".replaced" }
    /// How many older ones are kept beside it.
    private static let mostReplaced = 99

    /// Gives the database a second name, under which it stays. False when there is none.
    ///
    /// A remaining log has pages that could not be moved into the file because the file is damaged, so it is kept too.
    fileprivate func keepReplaced() throws -> Bool {
        guard unsafe access(path, F_OK) == 0 else { return false }
        let linked = replacedPath + ".new"
        DatabaseCopy.remove(linked)
        if unsafe link(path, linked) != 0 {
            // Not every file system has links.
            do { try FileManager.default.copyItem(atPath: path, toPath: linked) } catch {
                throw StoreUnavailable("the replaced database cannot be kept: \(error.localizedDescription)")
            }
        }
        try numberReplaced()
        try DatabaseCopy.rename(linked, to: replacedPath, replacing: true)
        if unsafe access(writeAheadLogPath, F_OK) == 0 {
            unsafe _ = Foundation.rename(writeAheadLogPath, replacedPath + "-wal")
        }
        return true
    }

    /// The database that an earlier restore kept gets a number after its name: after a wrong backup it is the only copy
    /// of the earlier data.
    private func numberReplaced() throws {
        guard unsafe access(replacedPath, F_OK) == 0 else { return }
        let names = (1...Self.mostReplaced).map { "\(replacedPath).\($0)" }
        guard let free = names.first(where: { unsafe access($0, F_OK) != 0 }) else {
            throw StoreUnavailable("\(Self.mostReplaced) replaced databases are kept already: delete some of them")
        }
        if unsafe access(replacedPath + "-wal", F_OK) == 0 {
            unsafe _ = Foundation.rename(replacedPath + "-wal", free + "-wal")
        }
        try DatabaseCopy.rename(replacedPath, to: free, replacing: false)
    }

    /// The log of one file must not be replayed into another.
    fileprivate func removeCompanions() throws {
        for companion in [writeAheadLogPath, sharedMemoryPath] { unsafe _ = unlink(companion) }
        try DatabaseCopy.sync(DatabaseCopy.directory(of: path))
    }

    /// Undoes a restore: the replaced database comes back, or there is none again.
    func putBack(isKept: Bool) throws {
        try removeCompanions()
        guard isKept else {
            unsafe _ = unlink(path)
            return try DatabaseCopy.sync(DatabaseCopy.directory(of: path))
        }
        if unsafe access(replacedPath + "-wal", F_OK) == 0 {
            unsafe _ = Foundation.rename(replacedPath + "-wal", writeAheadLogPath)
        }
        try DatabaseCopy.rename(replacedPath, to: path, replacing: true)
    }
}

/// The values that a restored database takes over from the one that it replaces.
private struct Carried {
    private var sequence: Int64 = 0
    private var floor: Int64 = 0
    private var horizon: Int64 = 0

    /// Reads the database that is about to be replaced, and moves its write-ahead log into it. Nothing is carried over
    /// from one that is missing, damaged or foreign, which is a usual reason for `db restore`.
    init(_ file: DatabaseFile) {
        guard DatabaseFile.size(file.path) > 0,
            let connection = try? Database(path: file.path, access: .readWrite)
        else { return }
        defer { try? connection.close() }
        _ = try? connection.checkpoint(.truncate)
        let state = try? connection.first("SELECT last_seq, clock_floor, token_horizon FROM revocation_state") { row in
            (row[0] as Int64, row[1] as Int64, row[2] as Int64)
        }
        if let state = state ?? nil { (sequence, floor, horizon) = state }
    }

    func apply(to database: Database) throws {
        try database.run(
            """
            UPDATE revocation_state SET last_seq = max(last_seq, ?), clock_floor = max(clock_floor, ?),
                token_horizon = max(token_horizon, ?), lower_horizon = NULL, lower_horizon_at = NULL
            """, [sequence, floor, horizon])
    }
}
