#if Postgres
    import LatchkeyCore
    import LatchkeyPostgres
    import LatchkeyTokens
    import TestConditions
    import Testing

    /// A session whose refresh tokens a test makes itself.
    struct RotatingSession: Sendable {
        let session: Session
        let user: User
        private let keys: MasterKeyRing

        static let client = "rotating"
        static let policy = RefreshPolicy(
            reuseWindow: .seconds(30), recoveryLimit: 2, idleLifetime: .seconds(400 * 86400))

        /// - Parameters:
        ///   - user: whose it is; nil for a new one.
        ///   - begun: when the session is said to have begun.
        init(
            on store: PostgresStore, user known: User? = nil, begun: Timestamp? = nil,
            keys: MasterKeyRing = .generate()
        ) async throws {
            let now = store.clock.now()
            let client = try #require(ClientID(Self.client))
            if try await store.client(client) == nil {
                var settings = ClientSettings(defaultsFor: .public)
                settings.redirectURIs = ["https://a.example"]
                try await store.createClient(
                    Client(id: client, kind: .public, settings: settings, createdAt: now),
                    secret: nil, event: AuditEvent(.clientCreated, at: now, actor: .operator))
            }
            user = if let known { known } else { try await Self.newUser(on: store) }
            let lineage = Session.Lineage.begun(at: now, from: "192.0.2.1")
            let session = Session(
                id: .generate(at: now), user: user.id, client: client, transport: .body,
                scope: try #require(Scope("openid")), nonce: [UInt8](repeating: 1, count: 16),
                createdAt: begun ?? now, expiresAt: now + .seconds(800 * 86400), authenticationMethods: ["pwd"],
                deviceName: nil, network: "192.0.2.1", lineage: lineage)
            _ = try await store.write { try $0.sessions.insert(session) }
            self.session = session
            self.keys = keys
        }

        private static func newUser(on store: PostgresStore) async throws -> User {
            let now = store.clock.now()
            let id = UserID.generate(at: now)
            let user = User(
                id: id, name: "u\(id)", normalisedName: "u\(id)", roles: [], disabled: false,
                mustChangePassword: false, createdAt: now)
            try await store.createUser(
                user, passwordHash: "hash-1", event: AuditEvent(.userCreated, at: now, actor: .operator, user: id))
            return user
        }

        func request(_ generation: UInt32, _ policy: RefreshPolicy = policy) throws -> SessionRotation {
            let text = try RefreshToken.derive(
                session: session.id, generation: generation, nonce: session.nonce, keys: keys
            ).text
            return SessionRotation(
                token: try #require(RefreshToken(text)), client: session.client, transport: session.transport,
                network: "192.0.2.1", policy: policy, scope: nil, masterKeys: keys,
                settings: Settings(issuer: "https://auth.example"))
        }

        /// Presents the token of that generation.
        /// - Returns: the answer; nil when the gate asks to wait.
        func rotate(
            _ generation: UInt32, on store: PostgresStore, _ policy: RefreshPolicy = policy
        ) async throws -> RefreshAnswer? {
            switch try await store.rotateSession(try request(generation, policy)) {
            case .settled(.answered(let answer)): return answer
            case .settled(let other):
                Issue.record("not answered: \(other)")
                throw CancellationError()
            case .wait, .clockSetBack: return nil
            }
        }

        func lineage(on store: PostgresStore) async throws -> Session.Lineage {
            try #require(try await store.session(session.id)).session.lineage
        }
    }
#endif
