import CSQLite
import LatchkeyCore
import LatchkeyTokens
import Testing

@testable import LatchkeySQL
@testable import LatchkeySQLite

/// What one request costs must not grow with the number of sessions and users. Counted in what SQLite did, not in time.
struct GrowthTests {
    /// What one statement did, on average of its runs.
    private struct Effort {
        var runs = 0
        /// Instructions of SQLite's machine.
        var steps = 0
        /// Rows passed in search of others.
        var scanned = 0

        var stepsPerRun: Double { Double(steps) / Double(max(1, runs)) }
        var scannedPerRun: Double { Double(scanned) / Double(max(1, runs)) }
    }

    private let app = ClientID("app")
    /// Enough for several rounds of the sweep, whose last round is never full.
    private let few = 25_000
    private let many = 100_000

    @Test func `neither requests nor the sweep work harder with four times as many sessions`() async throws {
        let small = try await cost(sessions: few)
        let large = try await cost(sessions: many)
        #expect(small.efforts.count > 40, "what is done below runs this many statements")
        #expect(Set(small.efforts.keys) == Set(large.efforts.keys))
        for (sql, effort) in large.efforts {
            let base = try #require(small.efforts[sql])
            #expect(effort.scannedPerRun <= base.scannedPerRun + 1, "scans more: \(sql)")
            // Four times as many without an index; the last round of a sweep makes the averages differ a little.
            #expect(effort.stepsPerRun <= base.stepsPerRun * 1.5 + 20, "takes more steps: \(sql)")
        }
        #expect(small.pages > 0)
        // Most trees have grown by a level.
        #expect(Double(large.pages) <= Double(small.pages) * 1.5, "\(small.pages) pages before, \(large.pages) now")
    }

    // MARK: What is done

    private struct Cost {
        /// Of each statement.
        let efforts: [String: Effort]
        /// That the writer looked at for one of each request, whether they were in its cache or not.
        let pages: Int
    }

    private func cost(sessions: Int) async throws -> Cost {
        let (store, place) = try await seeded(sessions)
        try await request(store, sessions)
        let before = try await onWriter(store, Self.pagesLookedAt)
        try await request(store, sessions / 2)
        let after = try await onWriter(store, Self.pagesLookedAt)
        let policy = SweepPolicy(
            auditRetention: .seconds(86_400), idleLifetime: .seconds(86_400), throttleWindow: .seconds(900))
        _ = try await store.sweep(policy, limit: 10)
        _ = try await store.sweepSessions(policy, after: nil, limit: 10)
        let written = try await onWriter(store, Self.efforts)
        let read = try await store.readers.read { Self.efforts($0) }
        await store.shutdown()
        #expect(try place.problems() == [])
        let efforts = written.merging(read) { mine, other in
            Effort(
                runs: mine.runs + other.runs, steps: mine.steps + other.steps, scanned: mine.scanned + other.scanned)
        }
        return Cost(efforts: efforts, pages: after - before)
    }

    private func onWriter<Value: Sendable>(
        _ store: SQLiteStore, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        try await store.writer.perform { ledger in
            guard let database = ledger.connection as? Database else { throw StoreFault("another connection") }
            return try body(database)
        }.value
    }

    /// One of everything that the hot paths do, at the place of one session in the middle.
    private func request(_ store: SQLiteStore, _ number: Int) async throws {
        let app = try #require(app)
        let id = try #require(SessionID(bytes: Array("\(Self.digits(number / 2))pésession".utf8)))
        let record = try #require(try await store.session(id))
        let user = record.user.id
        let keys = MasterKeyRing.generate()
        let text = try RefreshToken.derive(
            session: id, generation: record.session.lineage.current, nonce: record.session.nonce, keys: keys
        ).text
        let rotation = SessionRotation(
            token: try #require(RefreshToken(text)), client: app, transport: .body, network: "192.0.2.1",
            policy: RefreshPolicy(reuseWindow: .seconds(30), recoveryLimit: 8, idleLifetime: .seconds(86_400)),
            scope: nil, masterKeys: keys, settings: Settings(issuer: "https://auth.example"))
        guard case .settled(.answered(let answer)) = try await store.rotateSession(rotation), answer.kind == .rotated
        else { throw StoreFault("not rotated") }
        let attempt = try await store.loginAttempt(
            normalisedName: record.user.normalisedName, counters: [ThrottleBucket(kind: .network, number: 7)])
        let login = try #require(attempt.record)
        _ = try await store.isKnownNetwork("192.0.2.1", of: user)
        let begun = try await store.beginSession(
            SessionBeginning(
                id: .generate(at: .wallClock), nonce: [UInt8](repeating: 7, count: 16),
                authenticated: Authenticated(
                    user: login.user, credentialVersion: login.credential.version,
                    proofs: [Proof(.password, at: .wallClock)], admission: nil),
                client: app, transport: .body, scope: Scope(), absoluteLifetime: .seconds(86_400), deviceName: nil,
                network: "192.0.2.1", replacing: nil))
        guard case .settled(.begun(let fresh, _)) = begun else { throw StoreFault("not begun") }
        _ = try await store.sessions(SessionFilter(user: user), page: PageRequest(limit: 10))
        let order = RevocationOrder(.session(fresh.session.id), reason: .logout, actor: .user(user))
        guard case .revoked = try await store.revoke(order) else { throw StoreFault("not revoked") }
        let token = RevocationOrder(
            .token(.generate(), session: id, expiresAt: nil), reason: .admin, actor: .operator)
        guard case .revoked = try await store.revoke(token) else { throw StoreFault("not revoked") }
        _ = try await store.revocations(after: 0, limit: 100)
        _ = try await store.revocationState()
        _ = try await store.user(.id(user))
        _ = try await store.client(app)
        _ = try await store.auditEvents(AuditFilter(user: user), page: PageRequest(limit: 10))
        _ = try await store.checkWritable()
    }

    // MARK: Seeding

    private static func digits(_ number: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: 6 - text.count) + text
    }

    private func seeded(_ sessions: Int) async throws -> (SQLiteStore, DatabasePlace) {
        let place = try DatabasePlace()
        let now = Timestamp.wallClock
        let first = try place.open()
        let client = Client(
            id: try #require(app), kind: .public, settings: ClientSettings(defaultsFor: .public), createdAt: now)
        try await first.createClient(
            client, secret: nil, event: AuditEvent(.clientCreated, at: now, actor: .operator))
        await first.shutdown()
        try place.edit { database in
            try database.run("PRAGMA synchronous = OFF")
            try database.transaction { try Self.fill(database, sessions, now) }
        }
        var settings = place.settings
        // One connection for all reads, so that it can be asked for all of its statements.
        settings.readers = 1
        return (try place.open(settings), place)
    }

    /// Ids have the bits of a UUIDv7, as text: `p` is 0x70, and the second byte of `é` 0xA9. Ten sessions a user.
    private static func fill(_ database: Database, _ sessions: Int, _ now: Timestamp) throws {
        let numbers = "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1)"
        let user = "CAST(printf('%06dpé-user--', i / 10) AS BLOB)"
        let users = sessions / 10
        try database.run(
            """
            \(numbers) INSERT INTO users (id, name, normalised_name, roles, disabled, must_change_password, created_at)
            SELECT CAST(printf('%06dpé-user--', i) AS BLOB), 'u' || i, 'u' || i, '', 0, 0, ?2 FROM n
            """, [users, now.milliseconds])
        try database.run(
            """
            \(numbers) INSERT INTO passwords (user_id, hash, version, changed_at)
            SELECT CAST(printf('%06dpé-user--', i) AS BLOB), 'h', 1, ?2 FROM n
            """, [users, now.milliseconds])
        try database.run(
            """
            \(numbers) INSERT INTO known_networks (user_id, network, last_success)
            SELECT CAST(printf('%06dpé-user--', i) AS BLOB), '192.0.2.1', ?2 FROM n
            """, [users, now.milliseconds])
        try database.run(
            """
            \(numbers) INSERT INTO sessions (id, user_id, client_number, transport, scope, nonce, created_at,
                expires_at, authentication_methods, network, current_generation, held_generation, rotated_at,
                recoveries, recovery_window_start)
            SELECT CAST(printf('%06dpésession', i) AS BLOB), \(user), 1, 0, 'openid', zeroblob(16), ?2, ?2 + 86400000, 'pwd',
                '192.0.2.1', 1, 0, ?2, 0, 0
            FROM n
            """, [sessions, now.milliseconds])
        try database.run("UPDATE session_count SET sessions = ?", [sessions])
        // As many old entries and events as sessions, so that their tables have grown too.
        try database.run(
            """
            \(numbers) INSERT INTO audit_events (kind, at, actor, user_id, details, count)
            SELECT 'login.succeeded', ?2, 'system', \(user), '{}', 1 FROM n
            """, [sessions, now.milliseconds])
        try database.run(
            """
            \(numbers) INSERT INTO revocations (seq, kind, subject, expires_at, revoked_at, reason, actor)
            SELECT i + 1, 'token', printf('old-%d', i), ?2 + 600000, ?2, 'logout', 'system' FROM n
            """, [sessions, now.milliseconds])
        try database.run("UPDATE revocation_state SET last_seq = ?", [sessions])
    }

    // MARK: Counters

    /// Of all statements that the connection has prepared, by their text.
    private static func efforts(_ database: Database) -> [String: Effort] {
        var efforts: [String: Effort] = [:]
        // Every statement belongs to the open connection, which nobody else uses meanwhile.
        var next = unsafe sqlite3_next_stmt(database.handle, nil)
        while let statement = unsafe next {
            let sql = unsafe String(cString: sqlite3_sql(statement))
            var effort = efforts[sql] ?? Effort()
            effort.runs += unsafe Int(sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_RUN, 0))
            effort.steps += unsafe Int(sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, 0))
            effort.scanned += unsafe Int(sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0))
            efforts[sql] = effort
            unsafe next = unsafe sqlite3_next_stmt(database.handle, statement)
        }
        return efforts
    }

    private static func pagesLookedAt(_ database: Database) -> Int {
        [SQLITE_DBSTATUS_CACHE_HIT, SQLITE_DBSTATUS_CACHE_MISS].reduce(0) { sum, counter in
            var current: Int32 = 0
            var highest: Int32 = 0
            unsafe sqlite3_db_status(database.handle, counter, &current, &highest, 0)
            return sum + Int(current)
        }
    }
}
