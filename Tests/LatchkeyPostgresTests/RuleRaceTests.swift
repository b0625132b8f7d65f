#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens
    import StoreConformance
    import TestConditions
    import TestSupport
    import Testing

    @testable import LatchkeyPostgres

    /// Pairs of rules at one root at once, on two nodes: what they come to is what some order of them gives.
    struct RuleRaceTests {
        private struct Nodes {
            let place: PostgresPlace
            let one: PostgresStore
            let other: PostgresStore
            let observer = RecordingObserver()
            let session: RotatingSession
            static let rounds = 8 * PostgresPlace.force

            init() async throws {
                place = try await PostgresPlace()
                one = try place.open(observer: observer)
                other = try place.open()
                session = try await RotatingSession(on: one)
            }

            func fresh() async throws -> RotatingSession { try await RotatingSession(on: one) }

            func end() async {
                await one.shutdown()
                await other.shutdown()
            }

            /// Runs both while somebody else has the user's row, and lets them go once both wait for it.
            func together<First: Sendable, Second: Sendable>(
                at user: UserID, _ first: @escaping @Sendable () async throws -> First,
                _ second: @escaping @Sendable () async throws -> Second
            ) async throws -> (First, Second) {
                let holder = try PostgresConnection(place.settings.address)
                defer { holder.close() }
                try holder.execute(script: "BEGIN")
                try holder.walk("SELECT 1 FROM users WHERE id = ? FOR UPDATE", [user.bytes]) { _ in .stop }
                async let one = first()
                async let other = second()
                let watcher = try PostgresConnection(place.settings.address)
                defer { watcher.close() }
                try await eventually("both wait") {
                    // The holder ends its wait by itself after two seconds without a statement.
                    try holder.execute(script: "SELECT 1")
                    return try watcher.integer(
                        """
                        SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND wait_event_type = 'Lock'
                        """) >= 2
                }
                try holder.execute(script: "COMMIT")
                return (try await one, try await other)
            }
        }

        private static func authenticated(_ user: User, at now: Timestamp) -> Authenticated {
            Authenticated(user: user, credentialVersion: 1, proofs: [Proof(.password, at: now)], admission: nil)
        }

        private static func beginning(
            _ rotating: RotatingSession, at now: Timestamp, replacing: SessionID? = nil
        ) -> SessionBeginning {
            SessionBeginning(
                id: .generate(at: now), nonce: rotating.session.nonce,
                authenticated: authenticated(rotating.user, at: now), client: rotating.session.client,
                transport: .body, scope: rotating.session.scope, absoluteLifetime: .seconds(3600), deviceName: nil,
                network: "192.0.2.1", replacing: replacing)
        }

        @Test func `a code that two nodes redeem at once begins one session, which ends`() async throws {
            let nodes = try await Nodes()
            for _ in 0..<Nodes.rounds {
                let (session, now) = (try await nodes.fresh(), nodes.one.clock.now())
                let (verifier, digest) = (String(repeating: "v", count: 43), AuthorizationCodeString.generate().digest)
                let added = try await nodes.one.addLoginCode(
                    LoginCodeIssue(
                        digest: digest, authenticated: Self.authenticated(session.user, at: now),
                        client: session.session.client, redirectURI: "https://a.example",
                        challenge: CodeChallenge.s256(verifier), scope: Scope(), deviceName: nil, network: "192.0.2.1"))
                guard case .settled(true) = added else {
                    Issue.record("the code was not kept: \(added)")
                    return
                }
                let redeem = { @Sendable (store: PostgresStore) in
                    try await store.redeemCode(
                        CodeRedemption(
                            digest: digest, client: session.session.client, redirectURI: "https://a.example",
                            verifier: verifier, transport: .session, session: .generate(at: now),
                            nonce: session.session.nonce, absoluteLifetime: .seconds(3600), network: "192.0.2.1",
                            replacing: nil))
                }
                let outcomes = try await nodes.together(
                    at: session.user.id, { try await redeem(nodes.one) }, { try await redeem(nodes.other) })
                var begun: SessionID?
                switch outcomes {
                case (.settled(.begun(let record, _, _)), .settled(.replayed)),
                    (.settled(.replayed), .settled(.begun(let record, _, _))):
                    begun = record.session.id
                default: Issue.record("\(outcomes)")
                }
                let id = try #require(begun)
                let ended = try #require(try await nodes.one.session(id))
                #expect(ended.session.endReason == .replay)
            }
            await nodes.end()
        }

        @Test func `no session outlives a password change that it was signed in beside`() async throws {
            let nodes = try await Nodes()
            var begun = 0
            for round in 0..<Nodes.rounds {
                let session = try await nodes.fresh()
                let request = Self.beginning(session, at: nodes.one.clock.now())
                let begin = { @Sendable in try await nodes.one.beginSession(request) }
                let change = { @Sendable in
                    try await nodes.other.setPassword(
                        session.user.id, hash: "hash-2", ifVersion: 1, mustChange: false, actor: .operator)
                }
                // Mostly they get the row in the order in which they asked for it.
                let beginning =
                    round.isMultiple(of: 2)
                    ? try await nodes.together(at: session.user.id, begin, change).0
                    : try await nodes.together(at: session.user.id, change, begin).1
                switch beginning {
                case .settled(.begun): begun += 1
                case .settled(.lostRace), .wait: break
                default: Issue.record("\(beginning)")
                }
                if let record = try await nodes.one.session(request.id) {
                    let validity = SessionValidity.judge(
                        record, idleLifetime: nil, now: record.session.createdAt + .seconds(1))
                    #expect(validity == .revoked)
                }
                // The new password is the only one.
                let again = try await nodes.one.beginSession(Self.beginning(session, at: nodes.one.clock.now()))
                guard case .settled(.lostRace) = again else {
                    Issue.record("signed in with the old password: \(again)")
                    return
                }
            }
            print("begun before the change: \(begun) of \(Nodes.rounds)")
            await nodes.end()
        }

        @Test func `a rotation beside the end of its user issues nothing that outlives it`() async throws {
            let nodes = try await Nodes()
            for _ in 0..<Nodes.rounds {
                let session = try await nodes.fresh()
                async let disabled = nodes.other.setUserDisabled(session.user.id, true, actor: .operator)
                var generation: UInt32 = 1
                var issued: [Int64] = []
                var refused = false
                for _ in 0..<200 where !refused {
                    switch try await nodes.one.rotateSession(try session.request(generation)) {
                    case .settled(.answered(let answer)):
                        generation = answer.record.session.lineage.current
                        issued.append(answer.stamp.issuedAt.seconds)
                    case .settled(.refused(let reason)):
                        #expect(reason == .revoked)
                        refused = true
                    case .wait: continue
                    default: Issue.record("neither answered nor refused")
                    }
                }
                _ = try await disabled
                guard case .settled(.refused(.revoked)) = try await nodes.one.rotateSession(session.request(generation))
                else {
                    Issue.record("a disabled user's session was rotated")
                    return
                }
                let record = try #require(try await nodes.one.session(session.session.id))
                let mark = try #require(record.user.issuedBefore)
                #expect(issued.allSatisfy { $0 <= mark })
                #expect(record.session.lineage.current == generation)
            }
            await nodes.end()
        }

        @Test func `a session that a sign-in replaces while it is signed out has one entry`() async throws {
            let nodes = try await Nodes()
            for _ in 0..<Nodes.rounds {
                let (session, now) = (try await nodes.fresh(), nodes.one.clock.now())
                let request = Self.beginning(session, at: now, replacing: session.session.id)
                // Of different roots: the sign-in has the user's row, and the sign-out the session's.
                async let beginning = nodes.one.beginSession(request)
                async let ending = nodes.other.revoke(
                    RevocationOrder(.session(session.session.id), reason: .logout, actor: .user(session.user.id)))
                let outcomes = (try await beginning, try await ending)
                guard case .settled(.begun) = outcomes.0 else {
                    Issue.record("\(outcomes)")
                    return
                }
                let entries = try await nodes.one.revocations(after: 0, limit: 1000)
                #expect(entries.count { $0.entry.target == .session(session.session.id) } == 1)
            }
            await nodes.end()
        }
    }
#endif
