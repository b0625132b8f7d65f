import LatchkeyCore
import LatchkeyTokens

/// Rows of `login_throttle`.
struct ThrottleCounters: ThrottleTable {
    private let connection: any SQLConnection

    init(_ connection: any SQLConnection) { self.connection = connection }

    func counter(_ bucket: ThrottleBucket) throws -> FailureCounter? {
        try connection.first(
            "SELECT failures, window_start, last_failure FROM login_throttle WHERE kind = ? AND bucket = ?",
            [bucket.kind.rawValue, bucket.number]
        ) { FailureCounter(failures: $0[0], windowStart: $0.timestamp(1), lastFailure: $0.timestamp(2)) }
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
