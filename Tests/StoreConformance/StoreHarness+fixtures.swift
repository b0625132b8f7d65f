import LatchkeyCore
import LatchkeyTokens
import Testing

/// Short ways to users, clients, sessions and rotations.
extension StoreHarness {
    static let network = "192.0.2.1"
    static let policy = RefreshPolicy(
        reuseWindow: .seconds(30), recoveryLimit: 2, idleLifetime: .seconds(14 * 86400))

    @discardableResult
    func addUser(_ name: String = "ada", roles: [String] = []) async throws -> User {
        let user = User(
            id: .generate(at: now), name: name, normalisedName: name, roles: roles, disabled: false,
            mustChangePassword: false, createdAt: now)
        try await store.createUser(
            user, passwordHash: "hash-1", event: AuditEvent(.userCreated, at: now, actor: .operator, user: user.id))
        return user
    }

    @discardableResult
    func addClient(_ id: String = "app") async throws -> Client {
        let client = Client(
            id: try #require(ClientID(id)), kind: .public,
            settings: ClientSettings {
                $0.firstParty = true
                $0.origins = ["https://app.example"]
                $0.redirectURIs = ["https://app.example/cb"]
                $0.audiences = ["https://api.example"]
                $0.scope = Scope("openid profile")
                $0.grants = [.refreshToken]
                $0.algorithm = .edDSA
                $0.accessLifetime = .seconds(60)
                $0.absoluteLifetime = .seconds(86400)
            }, createdAt: now)
        try await store.createClient(
            client, secret: nil, event: AuditEvent(.clientCreated, at: now, actor: .operator, client: client.id))
        return client
    }

    func beginning(
        _ user: User, _ client: Client, version: Int64 = 1, transport: Session.Transport = .body,
        network: String = StoreHarness.network, replacing: SessionID? = nil, resetting: [ThrottleBucket] = [],
        absoluteLifetime: Duration = .seconds(90 * 86400)
    ) throws -> SessionBeginning {
        SessionBeginning(
            id: .generate(at: now), nonce: [UInt8](repeating: 7, count: 16),
            authenticated: authenticated(user, version: version, resetting: resetting), client: client.id,
            transport: transport, scope: try #require(Scope("openid profile")), absoluteLifetime: absoluteLifetime,
            deviceName: "Laptop", network: network, replacing: replacing)
    }

    func authenticated(
        _ user: User, version: Int64 = 1, resetting: [ThrottleBucket] = []
    ) -> Authenticated {
        Authenticated(
            user: user, credentialVersion: version, proofs: [Proof(.password, at: now)],
            admission: Admission(resetOnSuccess: resetting))
    }

    func begin(_ request: SessionBeginning) async throws -> SessionRecord {
        let outcome = try granted(try await store.beginSession(request))
        guard case .begun(let record, _) = outcome else {
            throw UnexpectedAnswer("the session did not begin: \(outcome)")
        }
        return record
    }

    /// A user `ada`, a client `app` and a session of theirs.
    func signIn(transport: Session.Transport = .body) async throws -> SessionRecord {
        try await begin(try beginning(try await addUser(), try await addClient(), transport: transport))
    }

    func rotate(
        _ record: SessionRecord, _ generation: UInt32, client: ClientID? = nil, transport: Session.Transport? = nil,
        network: String = StoreHarness.network, scope: Scope? = nil, policy: RefreshPolicy = StoreHarness.policy
    ) async throws -> RotationOutcome {
        try granted(
            try await store.rotateSession(
                try rotation(
                    record, generation, client: client, transport: transport, network: network, scope: scope,
                    policy: policy)))
    }

    /// A genuine token of that generation on its way.
    func rotation(
        _ record: SessionRecord, _ generation: UInt32, client: ClientID? = nil, transport: Session.Transport? = nil,
        network: String = StoreHarness.network, scope: Scope? = nil, policy: RefreshPolicy = StoreHarness.policy
    ) throws -> SessionRotation {
        let session = record.session
        let text = try RefreshToken.derive(
            session: session.id, generation: generation, nonce: session.nonce, keys: masterKeys
        ).text
        return SessionRotation(
            token: try #require(RefreshToken(text)), client: client ?? record.client.id,
            transport: transport ?? session.transport, network: network, policy: policy, scope: scope,
            masterKeys: masterKeys, settings: Settings(issuer: "https://auth.example"))
    }

    func granted<Value>(_ issuance: Issuance<Value>) throws -> Value {
        guard case .settled(let value) = issuance else {
            throw UnexpectedAnswer("not issued: \(issuance)")
        }
        return value
    }

    func reread(_ record: SessionRecord) async throws -> Session {
        try #require(try await store.session(record.session.id)).session
    }

    func events(_ kind: AuditEvent.Kind) async throws -> [AuditEvent] {
        try await store.auditEvents(AuditFilter(kind: kind), page: PageRequest()).items
    }
}

struct UnexpectedAnswer: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

extension RotationOutcome {
    var refusal: RefreshRefusalReason? {
        if case .refused(let reason) = self { reason } else { nil }
    }

    /// The word of the case and the generation that is answered with.
    var summary: String {
        switch self {
        case .answered(let answer):
            switch answer.kind {
            case .rotated: "rotated \(answer.record.session.lineage.current)"
            case .sameSuccessor(let elsewhere):
                "sameSuccessor \(answer.record.session.lineage.current)\(elsewhere ? " elsewhere" : "")"
            case .accessOnly: "accessOnly"
            case .recovered: "recovered \(answer.record.session.lineage.current)"
            case .rolledBack: "rolledBack \(answer.record.session.lineage.current)"
            }
        case .refused(let reason): "refused \(reason.rawValue)"
        case .invalidScope: "invalidScope"
        }
    }
}
