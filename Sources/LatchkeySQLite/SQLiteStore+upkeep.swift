package import LatchkeyCore
import LatchkeyTokens

extension SQLiteStore {
    package func statistics() async throws -> StoreStatistics {
        let now = clock.now()
        let databaseBytes = DatabaseFile.size(file.path)
        let logBytes = DatabaseFile.size(file.writeAheadLogPath)
        let batches = writer.statistics.batches
        let transactions = writer.statistics.transactions
        let commitTimes = writer.statistics.commitTimes
        return try await readers.snapshot { database in
            StoreStatistics(
                users: try database.integer("SELECT count(*) FROM users"),
                clients: try database.integer("SELECT count(*) FROM clients"),
                sessions: try database.integer("SELECT sessions FROM session_count"),
                liveRevocations: try database.integer(
                    "SELECT count(*) FROM revocations WHERE expires_at > ?", [now.milliseconds]),
                // Rows leave at the head alone, so the ends tell the number.
                auditEvents: try database.integer(
                    """
                    SELECT coalesce((SELECT max(id) FROM audit_events) - (SELECT min(id) FROM audit_events) + 1, 0)
                    """),
                databaseBytes: databaseBytes, writeAheadLogBytes: logBytes, batches: batches,
                transactions: transactions, commitTimes: commitTimes)
        }
    }

    package func checkWritable() async throws {
        try await writer.perform { transaction in
            // The same value again: SQLite writes the page all the same.
            _ = try transaction.database.run("UPDATE revocation_state SET epoch = epoch")
        }
    }
}
