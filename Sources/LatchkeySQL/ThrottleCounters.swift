import LatchkeyCore
import LatchkeyTokens

/// Rows of `login_throttle`.
struct ThrottleCounters: ThrottleTable {
    private let connection: any SQLConnection

    init(_ connection: any SQLConnection) { self.connection = connection }

    func counters(_ buckets: [ThrottleBucket]) throws -> [ThrottleBucket: FailureCounter] {
        var counters: [ThrottleBucket: FailureCounter] = [:]
        guard !buckets.isEmpty else { return counters }
        // One statement, and with it one way to a database elsewhere. Each part finds its row by the primary key.
        let parts = buckets.indices.map {
            "SELECT \($0), failures, window_start, last_failure FROM login_throttle WHERE kind = ? AND bucket = ?"
        }
        try connection.walk(
            parts.joined(separator: " UNION ALL "), buckets.flatMap { [$0.kind.rawValue, $0.number] as [any Bindable] }
        ) { row in
            counters[buckets[row[0]]] = FailureCounter(
                failures: row[1], windowStart: row.timestamp(2), lastFailure: row.timestamp(3))
            return .on
        }
        return counters
    }

    func fail(_ bucket: ThrottleBucket, at instant: Timestamp, windowStart: Timestamp) throws {
        try connection.write(
            """
            INSERT INTO login_throttle (kind, bucket, failures, window_start, last_failure)
            VALUES (?1, ?2, 1, ?3, ?3)
            ON CONFLICT (kind, bucket) DO UPDATE SET
                failures = CASE WHEN login_throttle.window_start <= ?4 THEN 1 ELSE login_throttle.failures + 1 END,
                window_start = CASE WHEN login_throttle.window_start <= ?4 THEN ?3
                    ELSE login_throttle.window_start END,
                last_failure = ?3
            """, [bucket.kind.rawValue, bucket.number, instant.milliseconds, windowStart.milliseconds])
    }

    func reset(_ bucket: ThrottleBucket) throws {
        try connection.write(
            "DELETE FROM login_throttle WHERE kind = ? AND bucket = ?", [bucket.kind.rawValue, bucket.number])
    }
}
