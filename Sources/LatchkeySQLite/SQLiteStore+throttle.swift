import GRDB
package import LatchkeyCore
package import LatchkeyTokens

extension SQLiteStore {
    package func failureCounters(_ buckets: [ThrottleBucket]) async throws -> [ThrottleBucket: FailureCounter] {
        try await readers.snapshot { database in
            var counters: [ThrottleBucket: FailureCounter] = [:]
            for bucket in buckets {
                counters[bucket] = try database.first(
                    """
                    SELECT failures, window_start, last_failure FROM login_throttle WHERE kind = ? AND bucket = ?
                    """, [bucket.kind.rawValue, bucket.number]
                ) { row in
                    FailureCounter(failures: row[0], windowStart: row.timestamp(1), lastFailure: row.timestamp(2))
                }
            }
            return counters
        }
    }

    package func recordFailure(_ buckets: [ThrottleBucket], window: Duration, event: AuditEvent) async throws {
        try await writer.perform { transaction in
            for bucket in buckets {
                try transaction.database.run(
                    """
                    INSERT INTO login_throttle (kind, bucket, failures, window_start, last_failure)
                    VALUES (?1, ?2, 1, ?3, ?3)
                    ON CONFLICT (kind, bucket) DO UPDATE SET
                        failures = iif(window_start <= ?4, 1, failures + 1),
                        window_start = iif(window_start <= ?4, ?3, window_start),
                        last_failure = ?3
                    """,
                    [
                        bucket.kind.rawValue, bucket.number, transaction.instant.milliseconds,
                        (transaction.instant - window).milliseconds,
                    ])
            }
            try AuditRow.append(event, transaction.database)
        }
    }

    package func isKnownNetwork(_ network: String, of user: UserID) async throws -> Bool {
        let since = clock.now() - Transaction.knownNetworkLifetime
        return try await readers.read { database in
            try database.integer(
                """
                SELECT EXISTS (
                    SELECT 1 FROM known_networks WHERE user_id = ? AND network = ? AND last_success > ?)
                """, [user.bytes.blob, network, since.milliseconds]) == 1
        }
    }
}
