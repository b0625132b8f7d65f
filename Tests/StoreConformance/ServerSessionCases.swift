import LatchkeyCore
import LatchkeyTokens
import Testing

extension StoreConformance {
    private static let idle: Duration = .seconds(600)
    private static let interval: Duration = .seconds(60)

    private static func use(
        _ harness: StoreHarness, _ record: SessionRecord, issuesToken: Bool = false
    ) async throws -> SessionRecord? {
        let outcome = try harness.granted(
            try await harness.store.useSession(
                SessionUse(
                    session: record.session.id, idleLifetime: idle, notedAfter: interval, issuesToken: issuesToken)))
        guard case .live(let current, _) = outcome else { return nil }
        return current
    }

    private static func issue(
        _ harness: StoreHarness, _ user: User, _ client: Client, number: UInt8 = 1, version: Int64 = 1
    ) throws -> LoginCodeIssue {
        LoginCodeIssue(
            digest: digest(number),
            authenticated: harness.authenticated(user, version: version), client: client.id,
            redirectURI: "https://app.example/cb", challenge: CodeChallenge.s256(verifier(200)),
            scope: try #require(Scope("openid profile")),
            deviceName: "Laptop", network: StoreHarness.network)
    }

    private static func add(_ harness: StoreHarness, _ code: LoginCodeIssue) async throws -> Bool {
        try harness.granted(try await harness.store.addLoginCode(code))
    }

    private static func verifier(_ number: UInt8) -> String { String(repeating: "v", count: 40) + "\(number)" }

    private static func digest(_ number: UInt8) -> [UInt8] { [UInt8](repeating: number, count: 32) }

    private static func redeem(
        _ harness: StoreHarness, _ client: ClientID, number: UInt8 = 1, verifier: UInt8 = 200,
        redirectURI: String = "https://app.example/cb", replacing: SessionID? = nil
    ) async throws -> CodeOutcome {
        try harness.granted(
            try await harness.store.redeemCode(
                CodeRedemption(
                    digest: digest(number), client: client, redirectURI: redirectURI,
                    verifier: Self.verifier(verifier), transport: .session,
                    session: .generate(at: harness.now), nonce: [UInt8](repeating: 7, count: 16),
                    absoluteLifetime: .seconds(86400), network: "198.51.100.9", replacing: replacing)))
    }

    private static func begun(_ outcome: CodeOutcome) throws -> SessionRecord {
        guard case .begun(let record, _, _) = outcome else { throw UnexpectedAnswer("no session: \(outcome)") }
        return record
    }

    private static func expectRefused(_ outcome: CodeOutcome) throws {
        guard case .refused = outcome else { throw UnexpectedAnswer("not refused: \(outcome)") }
    }

    static let serverSessionCases: [StoreCase] = useCases + codeCases

    private static let useCases: [StoreCase] = [
        StoreCase("each transport reads back as it was written, also after a restart") { harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            for transport in Session.Transport.allCases {
                let record = try await harness.begin(try harness.beginning(user, client, transport: transport))
                #expect(try await harness.reread(record).transport == transport)
                try await harness.reopen()
                #expect(try await harness.reread(record).transport == transport)
            }
        },
        StoreCase("a server session refreshes by neither transport") { harness in
            let record = try await harness.signIn(transport: .session)
            for transport in [Session.Transport.body, .cookie] {
                #expect(try await harness.rotate(record, 1, transport: transport).refusal == .wrongTransport)
            }
        },
        StoreCase("a use is noted once an interval, and keeps the session from idling out") { harness in
            let record = try await harness.signIn(transport: .session)
            harness.advance(by: .seconds(59))
            #expect(try await use(harness, record)?.session.lineage.rotatedAt == record.session.createdAt)
            harness.advance(by: .seconds(1))
            let noted = try await use(harness, record)
            #expect(noted?.session.lineage.rotatedAt == harness.now)
            #expect(try await harness.reread(record) == noted?.session)
            #expect(noted?.session.lineage.current == 1)
            harness.advance(by: .seconds(599))
            #expect(try await use(harness, record) != nil)
            harness.advance(by: .seconds(600))
            #expect(try await use(harness, record) == nil)
        },
        StoreCase("a use of an ended session writes nothing") { harness in
            let record = try await harness.signIn(transport: .session)
            harness.advance(by: .seconds(120))
            _ = try await harness.store.revoke(
                RevocationOrder(.session(record.session.id), reason: .admin, actor: .operator))
            #expect(try await use(harness, record) == nil)
            #expect(try await harness.reread(record).lineage.rotatedAt == record.session.createdAt)
            let second = try await harness.begin(
                try harness.beginning(record.user, record.client, transport: .session))
            harness.advance(by: .seconds(120))
            _ = try await harness.store.revoke(RevocationOrder(.all(sessions: true), reason: .admin, actor: .operator))
            #expect(try await use(harness, second) == nil)
            #expect(try await harness.reread(second).lineage.rotatedAt == second.session.createdAt)
        },
        StoreCase("uses and a revocation at one time leave the session ended") { harness in
            let record = try await harness.signIn(transport: .session)
            harness.advance(by: .seconds(120))
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<50 {
                    group.addTask {
                        guard number != 25 else {
                            _ = try await harness.store.revoke(
                                RevocationOrder(.session(record.session.id), reason: .logout, actor: .system))
                            return
                        }
                        _ = try await use(harness, record)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await harness.reread(record).endReason == .logout)
            #expect(try await use(harness, record) == nil)
        },
        StoreCase("a use of a session with refresh tokens leaves its lineage alone") { harness in
            let record = try await harness.signIn()
            harness.advance(by: .seconds(120))
            #expect(try await use(harness, record, issuesToken: true)?.session == record.session)
            #expect(try await harness.reread(record) == record.session)
        },
        StoreCase("a token for a session waits out the second of a revocation that spares the session") { harness in
            let record = try await harness.signIn(transport: .session)
            harness.advance(by: .seconds(5))
            _ = try await harness.store.revoke(RevocationOrder(.all(sessions: false), reason: .admin, actor: .operator))
            let request = SessionUse(
                session: record.session.id, idleLifetime: nil, notedAfter: nil, issuesToken: true)
            guard case .wait = try await harness.store.useSession(request) else {
                throw UnexpectedAnswer("a token was born revoked")
            }
            harness.advance(by: .seconds(1))
            #expect(try await use(harness, record, issuesToken: true) != nil)
        },
    ]

    private static let codeCases: [StoreCase] = [
        StoreCase("a code begins one session, and its second use ends that session") { harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            #expect(try await add(harness, try issue(harness, user, client)))
            try await harness.reopen()
            let record = try begun(try await redeem(harness, client.id))
            #expect(record.session.transport == .session)
            #expect(record.session.deviceName == "Laptop")
            #expect(try await harness.reread(record) == record.session)
            guard case .replayed = try await redeem(harness, client.id) else {
                throw UnexpectedAnswer("the second use was not noticed")
            }
            #expect(try await harness.reread(record).endReason == .replay)
            #expect(try await harness.events(.loginCodeIssued).map(\.network) == [StoreHarness.network])
            #expect(try await harness.events(.loginSucceeded).map(\.session) == [record.session.id])
            let events = try await harness.events(.loginCodeReplayed)
            #expect(events.map(\.session) == [record.session.id])
            #expect(events.map(\.network) == ["198.51.100.9"])
            #expect(record.session.network == StoreHarness.network)
            #expect(harness.observer.records.map(\.entry.target) == [.session(record.session.id)])
        },
        StoreCase("fifty uses of one code at a time begin at most one session, which does not outlive them") {
            harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            #expect(try await add(harness, try issue(harness, user, client)))
            let begun = try await withThrowingTaskGroup(of: SessionRecord?.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        guard case .begun(let record, _, _) = try await redeem(harness, client.id) else { return nil }
                        return record
                    }
                }
                return try await group.reduce(into: [SessionRecord]()) { if let record = $1 { $0.append(record) } }
            }
            #expect(begun.count == 1)
            #expect(try await harness.reread(try #require(begun.first)).endReason == .replay)
        },
        StoreCase("a code works for sixty seconds") { harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            for (number, age) in [(UInt8(1), 59), (2, 60)] {
                #expect(try await add(harness, try issue(harness, user, client, number: number)))
                harness.advance(by: .seconds(age))
                let outcome = try await redeem(harness, client.id, number: number)
                if age < 60 { _ = try begun(outcome) } else { try expectRefused(outcome) }
            }
        },
        StoreCase("a code in the wrong place is refused, and nothing changes") { harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            let other = try await harness.addClient("other")
            try expectRefused(try await redeem(harness, client.id, number: 99))
            let wrong: [(UInt8, () async throws -> CodeOutcome)] = [
                (1, { try await redeem(harness, other.id, number: 1) }),
                (2, { try await redeem(harness, client.id, number: 2, verifier: 201) }),
                (3, { try await redeem(harness, client.id, number: 3, redirectURI: "https://app.example/other") }),
            ]
            for (number, attempt) in wrong {
                #expect(try await add(harness, try issue(harness, user, client, number: number)))
                try expectRefused(try await attempt())
                _ = try begun(try await redeem(harness, client.id, number: number))
                // Nor does it end what the code has begun.
                try expectRefused(try await attempt())
                #expect(try await harness.events(.loginCodeReplayed).isEmpty)
            }
        },
        StoreCase("whatever ends sessions between code and session wins") { harness in
            let client = try await harness.addClient()
            let store = harness.store
            let causes: [(UInt8, (User) async throws -> Void)] = [
                (
                    1,
                    { user in
                        _ = try await store.setPassword(
                            user.id, hash: "hash-2", ifVersion: 1, mustChange: false, actor: .operator)
                    }
                ),
                (2, { user in _ = try await store.setUserDisabled(user.id, true, actor: .operator) }),
                (
                    3,
                    { user in
                        _ = try await store.revoke(RevocationOrder(.user(user.id), reason: .admin, actor: .operator))
                    }
                ),
                (
                    4,
                    { _ in
                        _ = try await store.revoke(
                            RevocationOrder(.client(client.id), reason: .admin, actor: .operator))
                    }
                ),
                (
                    5,
                    { _ in
                        _ = try await store.revoke(
                            RevocationOrder(.all(sessions: true), reason: .admin, actor: .operator))
                    }
                ),
                (6, { user in try await store.deleteUser(user.id, actor: .operator) }),
                (7, { _ in _ = try await store.setClientDisabled(client.id, true, actor: .operator) }),
            ]
            for (number, cause) in causes {
                let user = try await harness.addUser("user\(number)")
                #expect(try await add(harness, try issue(harness, user, client, number: number)))
                harness.advance(by: .seconds(1))
                try await cause(user)
                harness.advance(by: .seconds(2))
                try expectRefused(try await redeem(harness, client.id, number: number))
                #expect(try await store.sessions(SessionFilter(user: user.id), page: PageRequest()).items.isEmpty)
            }
        },
        StoreCase("a code of the very second of a revocation waits, so the next revocation cannot miss it") { harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            _ = try await harness.store.revoke(RevocationOrder(.user(user.id), reason: .admin, actor: .operator))
            harness.advance(by: .milliseconds(500))
            guard case .wait = try await harness.store.addLoginCode(try issue(harness, user, client)) else {
                throw UnexpectedAnswer("the code was kept")
            }
            harness.advance(by: .milliseconds(500))
            #expect(try await add(harness, try issue(harness, user, client)))
            let again = try await harness.store.revoke(
                RevocationOrder(.user(user.id), reason: .admin, actor: .operator))
            guard case .revoked = again else { throw UnexpectedAnswer("nothing was revoked: \(again)") }
            harness.advance(by: .seconds(1))
            try expectRefused(try await redeem(harness, client.id))
        },
        StoreCase("a client made again under the same id does not inherit codes") { harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            #expect(try await add(harness, try issue(harness, user, client)))
            try await harness.store.deleteClient(client.id, actor: .operator)
            harness.advance(by: .seconds(1))
            _ = try await harness.addClient()
            harness.advance(by: .seconds(1))
            try expectRefused(try await redeem(harness, client.id))
        },
        StoreCase("a password that changed while it was verified leaves no code, nor does a disabled client") {
            harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            #expect(try await !add(harness, try issue(harness, user, client, version: 2)))
            _ = try await harness.store.setClientDisabled(client.id, true, actor: .operator)
            #expect(try await !add(harness, try issue(harness, user, client)))
        },
        StoreCase("a user has at most 32 codes, and the sweep takes those of an hour ago") { harness in
            let user = try await harness.addUser()
            let client = try await harness.addClient()
            for number in UInt8(1)...33 {
                harness.advance(by: .milliseconds(1))
                #expect(try await add(harness, try issue(harness, user, client, number: number)))
            }
            try expectRefused(try await redeem(harness, client.id, number: 1))
            _ = try begun(try await redeem(harness, client.id, number: 2))
            let policy = SweepPolicy(
                auditRetention: .seconds(90 * 86400), idleLifetime: .seconds(86400 * 30), throttleWindow: .seconds(900))
            harness.advance(by: .seconds(3600))
            #expect(try await harness.sweep(policy, limit: 1000) == 0)
            harness.advance(by: .seconds(61))
            #expect(try await harness.sweep(policy, limit: 1000) == 33 - 1)
        },
    ]
}
