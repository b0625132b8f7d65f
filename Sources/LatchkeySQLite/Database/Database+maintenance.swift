internal import CSQLite

extension Database {
    enum Checkpoint {
        /// The pages that can be moved without waiting.
        case passive
        /// All pages; then the next commit writes to the head of the log.
        case restart
        /// Like `restart`, and the log's file is emptied.
        case truncate

        fileprivate var mode: Int32 {
            switch self {
            case .passive: SQLITE_CHECKPOINT_PASSIVE
            case .restart: SQLITE_CHECKPOINT_RESTART
            case .truncate: SQLITE_CHECKPOINT_TRUNCATE
            }
        }
    }

    /// Moves pages from the write-ahead log into the database file.
    ///
    /// - Returns: how many pages at the head of the log are in the file now.
    @discardableResult
    func checkpoint(_ kind: Checkpoint) throws -> Int {
        var moved: Int32 = 0
        let code = unsafe sqlite3_wal_checkpoint_v2(handle, nil, kind.mode, nil, &moved)
        guard code == SQLITE_OK else { throw error(code) }
        return Int(moved)
    }

    /// Waits until what was written to the database file is on disk.
    func syncFile() throws {
        var file: UnsafeMutablePointer<sqlite3_file>?
        // SQLite stores its own file object, which lives as long as the connection.
        let code = unsafe sqlite3_file_control(handle, "main", SQLITE_FCNTL_FILE_POINTER, &file)
        guard code == SQLITE_OK, let file = unsafe file, let sync = unsafe file.pointee.pMethods?.pointee.xSync else {
            throw error(code)
        }
        let synced = unsafe sync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY)
        guard synced == SQLITE_OK else { throw DatabaseError(extendedCode: synced, message: "the file was not synced") }
    }

    /// Copies the whole database, as it is at one instant, over that of another connection.
    func copy(to target: Database) throws {
        // Both are open, and neither is used for anything else until the copy is finished.
        guard let backup = unsafe sqlite3_backup_init(target.handle, "main", handle, "main") else {
            throw target.error(unsafe sqlite3_errcode(target.handle))
        }
        unsafe sqlite3_backup_step(backup, -1)
        // Reports an error of any step.
        let code = unsafe sqlite3_backup_finish(backup)
        guard code == SQLITE_OK else { throw target.error(code) }
    }
}
