package import LatchkeyCore
package import LatchkeyTokens

extension SQLiteStore {
    package func beginSession(_ request: SessionBeginning) async throws -> Issuance<SessionBeginningOutcome> {
        try await writer.perform { try $0.begin(request) }
    }
}

extension Transaction {
    /// Networks remembered for one user.
    static let knownNetworksPerUser = 32
    /// Sessions of one user that have not ended; a login beyond ends the oldest.
    static let sessionsPerUser = 256
    static let knownNetworkLifetime: Duration = .seconds(90 * 86400)

    func begin(_ request: SessionBeginning) throws -> Issuance<SessionBeginningOutcome> {
        // Read again what the login verified: a password change or a disabled account since then wins.
        guard let login = try UserRow.loginRecord(where: "u.id = ?", request.user.bytes, database),
            !login.user.disabled, login.credential.version == request.verifiedVersion
        else { return try settled(.lostRace) }
        guard let row = try ClientRow.find(request.client, database), !row.client.disabled else {
            return try settled(.clientRefused)
        }
        return try issue(gate(login.user.issuedBefore, row.client.issuedBefore)) { _ in
            try endReplaced(request)
            try endOldest(of: request.user)
            let session = Session(
                id: request.id, user: request.user, client: request.client, transport: request.transport,
                scope: request.scope, nonce: request.nonce, createdAt: instant,
                expiresAt: instant + request.absoluteLifetime,
                authenticationMethods: request.authenticationMethods, deviceName: request.deviceName,
                network: request.network, lineage: .begun(at: instant, from: request.network))
            try SessionRow.insert(session, clientNumber: row.number, database)
            try noteNetwork(request.network, of: request.user)
            try reset(request.resetting)
            try AuditRow.append(
                AuditEvent(
                    .loginSucceeded, at: instant, actor: .user(request.user), user: request.user,
                    session: request.id, client: request.client, network: request.network,
                    details: ["transport": request.transport.rawValue]),
                database)
            return .begun(
                SessionRecord(
                    session: session, user: login.user, client: row.client,
                    allEndedAt: try state().revocation.sessionsEndedAt))
        }
    }

    /// An answer that issues nothing and so needs no open gate.
    func settled<Outcome: Sendable>(_ outcome: Outcome) throws -> Issuance<Outcome> {
        try grant(outcome, at: Timestamp(seconds: instant.seconds))
    }

    /// Forgets the failures that a right password makes good.
    func reset(_ buckets: [ThrottleBucket]) throws {
        for bucket in buckets {
            try database.run(
                "DELETE FROM login_throttle WHERE kind = ? AND bucket = ?", [bucket.kind.rawValue, bucket.number])
        }
    }

    private func endReplaced(_ request: SessionBeginning) throws {
        guard let id = request.replacing, let old = try SessionRow.find(id, database),
            old.client.id == request.client
        else { return }
        _ = try revoke(RevocationOrder(.session(id), reason: .replacedByLogin, actor: .user(request.user)))
    }

    /// Makes room for one more session. Those that a watermark ended already count too, so that the look stays short;
    /// they only get their end noted.
    private func endOldest(of user: UserID) throws {
        let excess = try database.all(
            """
            SELECT id FROM sessions WHERE user_id = ? AND ended_at IS NULL
            ORDER BY id DESC LIMIT 8 OFFSET \(Self.sessionsPerUser - 1)
            """, [user.bytes]
        ) { row in
            guard let id = SessionID(bytes: row.bytes(0)) else { throw StoreFault.unreadable(SessionID.self) }
            return id
        }
        for id in excess {
            let order = RevocationOrder(.session(id), reason: .tooManySessions, actor: .system)
            if case .revoked = try revoke(order) { continue }
            try SessionRow.end(id, at: instant, reason: order.reason, database)
        }
    }

    private func noteNetwork(_ network: String, of user: UserID) throws {
        let known = try database.run(
            "UPDATE known_networks SET last_success = ? WHERE user_id = ? AND network = ?",
            [instant.milliseconds, user.bytes, network])
        // The usual case: one more sign-in from where there were some before.
        guard known == 0 else { return }
        try database.run(
            "INSERT INTO known_networks (user_id, network, last_success) VALUES (?, ?, ?)",
            [user.bytes, network, instant.milliseconds])
        try database.run(
            """
            DELETE FROM known_networks WHERE user_id = ?1 AND network IN (
                SELECT network FROM known_networks WHERE user_id = ?1
                ORDER BY last_success DESC, network LIMIT -1 OFFSET \(Self.knownNetworksPerUser))
            """, [user.bytes])
    }
}

extension SQLiteStore {
    package func loginAttempt(
        normalisedName: String?, counters buckets: [ThrottleBucket]
    ) async throws -> LoginAttempt {
        try await readers.snapshot { database in
            let record = try normalisedName.flatMap { name in
                try UserRow.loginRecord(where: "u.normalised_name = ?", name, database)
            }
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
            return LoginAttempt(record: record, counters: counters)
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
                        (transaction.instant - ThrottleSchedule.window(of: bucket.kind, configured: window))
                            .milliseconds,
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
                """, [user.bytes, network, since.milliseconds]) == 1
        }
    }
}
