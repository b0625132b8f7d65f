import CSQLite
import Glibc

/// A server's database filled with live revocations while it is stopped: a million by the API would take minutes.
///
/// Three quarters sessions of the last 90 days, one quarter users of the last three years, as ids with all their random
/// bits, so that nothing is smaller than it would be.
struct SeededRevocations {
    let database: String

    /// - Throws: ``BenchFailure`` when SQLite refuses.
    func insert(_ count: Int) throws {
        var handle: OpaquePointer?
        let code = unsafe sqlite3_open_v2(database, &handle, SQLITE_OPEN_READWRITE, nil)
        guard code == SQLITE_OK, let open = unsafe handle else {
            throw BenchFailure("SQLite cannot open \(database): error \(code).")
        }
        // Opened above, closed once.
        defer { unsafe sqlite3_close_v2(open) }
        let result = unsafe sqlite3_exec(open, sql(count), nil, nil, nil)
        guard result == SQLITE_OK else { throw BenchFailure("SQLite refuses the seed: error \(result).") }
    }

    private func sql(_ count: Int) -> String {
        let id = { (age: Int) in
            """
            printf('%s-%s-7%s-8%s-%s', substr(ms, 1, 8), substr(ms, 9, 4), substr(r, 1, 3), substr(r, 4, 3),
                substr(r, 7, 12))
            """.replacing("ms", with: "printf('%012x', now * 1000 - abs(random() % \(age)))")
        }
        return """
            BEGIN;
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count)),
            seed AS MATERIALIZED (
                SELECT i, lower(hex(randomblob(9))) AS r, CAST(strftime('%s', 'now') AS INTEGER) AS now FROM n)
            INSERT INTO revocations
                (seq, kind, subject, issued_before, expires_at, revoked_at, reason, actor)
            SELECT i, CASE WHEN i % 4 = 1 THEN 'user' ELSE 'session' END,
                CASE WHEN i % 4 = 1 THEN \(id(94_608_000_000)) ELSE \(id(7_776_000_000)) END,
                CASE WHEN i % 4 = 1 THEN now END, (now + 3000 + i % 600) * 1000, now * 1000, 'admin', 'operator' FROM seed;
            UPDATE revocation_state SET last_seq = \(count);
            COMMIT;
            """
    }
}

/// The allocator of this process.
enum Heap {
    /// Returns what is free to the system, so that resident memory is what is in use.
    static func giveBack() {
        // glibc's malloc_trim(size_t), which no header of the Swift module declares; absent elsewhere.
        guard let symbol = unsafe dlsym(nil, "malloc_trim") else { return }
        _ = unsafe unsafeBitCast(symbol, to: (@convention(c) (Int) -> Int32).self)(0)
    }
}
