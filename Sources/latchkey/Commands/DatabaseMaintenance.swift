/// What the `db` commands do to a database, without its store being open for requests. `Compose` makes it.
package struct DatabaseMaintenance: Sendable {
    /// Applies what is missing and returns the names of the migrations applied. The caller holds the lock.
    package let migrate: @Sendable () async throws -> [String]
    /// Integrity, foreign keys, schema and master key: one sentence for each problem. Changes nothing; a server may run.
    package let check: @Sendable () async throws -> [String]
    /// Writes a consistent copy to a file that must not exist yet, mode 0600. A server may run.
    package let backup: @Sendable (_ file: String) async throws -> Void
    /// Replaces the database (and removes `-wal` and `-shm`), writes `all`, ends all sessions unless told to keep them,
    /// and withdraws the restored signing keys. Returns sentences about what may have come back. The caller holds the lock.
    package let restore: @Sendable (_ file: String, _ keepSessions: Bool) async throws -> [String]
    /// Lowers the clock's floor to now and withdraws all signing keys. Returns how far the floor was ahead. The caller
    /// holds the lock.
    package let resetClock: @Sendable () async throws -> Duration

    package init(
        migrate: @escaping @Sendable () async throws -> [String],
        check: @escaping @Sendable () async throws -> [String],
        backup: @escaping @Sendable (_ file: String) async throws -> Void,
        restore: @escaping @Sendable (_ file: String, _ keepSessions: Bool) async throws -> [String],
        resetClock: @escaping @Sendable () async throws -> Duration
    ) {
        self.migrate = migrate
        self.check = check
        self.backup = backup
        self.restore = restore
        self.resetClock = resetClock
    }
}
