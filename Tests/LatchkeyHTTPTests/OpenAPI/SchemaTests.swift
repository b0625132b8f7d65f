import Foundation
import LatchkeyCore
import LatchkeyTokens
import Testing

@testable import LatchkeyHTTP

/// Holds the hand-written schemas to the structs that are really read and written.
struct SchemaTests {
    private func schema(_ name: String) throws -> SchemaDescription {
        try #require(OpenAPIDocument.schemas.first { $0.name == name }, "no schema \(name)")
    }

    private func expectBody<Body: ResourceBody>(_ type: Body.Type) throws {
        let schema = try schema("\(type)")
        #expect(schema.members.map(\.name).sorted() == type.memberNames, "\(type)")
        #expect(schema.isClosed, "\(type)")
    }

    @Test func `every body's schema lists exactly the members that are read`() throws {
        try expectBody(UserCreate.self)
        try expectBody(UserUpdate.self)
        try expectBody(PasswordSet.self)
        try expectBody(UserImportRequest.self)
        try expectBody(ClientCreate.self)
        try expectBody(ClientUpdate.self)
        try expectBody(ClientSecretRotate.self)
        try expectBody(RevocationCreate.self)
        try expectBody(KeyRotate.self)
        try expectBody(KeyImport.self)
        try expectBody(MasterKeyRotate.self)
        try expectBody(TokenMint.self)
        #expect(
            try schema("UserImportLine").members.map(\.name).sorted()
                == UserImportLine.CodingKeys.allCases.map(\.stringValue).sorted())
    }

    /// Encodes a value twice, full and as empty as it can be: the first has all members, the second the required ones.
    private func expectResource(_ name: String, full: some Encodable, least: (any Encodable)? = nil) throws {
        let schema = try schema(name)
        let members = try names(full)
        #expect(members == Set(schema.members.map(\.name)), "\(name)")
        let required = try least.map { try names($0) } ?? members
        #expect(required == Set(schema.members.filter(\.isRequired).map(\.name)), "\(name)")
    }

    private func names(_ value: any Encodable) throws -> Set<String> {
        let object = try StrictJSON.parseObject(Array(try JSONEncoder().encode(value)))
        return Set(object.members.map(\.name))
    }

    @Test func `every resource's schema lists exactly the members that are written`() throws {
        try expectResource(
            "User",
            full: UserResource(id: "", name: "", roles: [], disabled: false, mustChangePassword: false, createdAt: 0))
        try expectResource(
            "UserImportLineResult", full: UserImportLineResult(line: 1, outcome: .imported, id: "", detail: ""),
            least: UserImportLineResult(line: 1, outcome: .refused))
        try expectResource("Client", full: try client(full: true), least: try client(full: false))
        try expectResource(
            "ClientCreated",
            full: ClientCreated(client: try client(full: true), clientSecret: SecretText(""), warnings: []),
            least: ClientCreated(client: try client(full: true), warnings: []))
        try expectResource(
            "ClientSecretRotated",
            full: ClientSecretRotated(clientID: "", clientSecret: SecretText(""), previousExpiresAt: 0))
        try expectResource("Session", full: session(full: true), least: session(full: false))
        try expectResource("OwnSession", full: try ownSession("Phone"), least: try ownSession(nil))
        try expectResource(
            "SessionExplanation",
            full: SessionExplanationResource(
                session: session(full: true), verdict: "", ending: ending("", 0), events: []),
            least: SessionExplanationResource(session: nil, verdict: "", ending: nil, events: []))
        try expectResource("SessionEnding", full: ending("", 0), least: ending(nil, nil))
        try expectResource("AuditEvent", full: audit(""), least: audit(nil))
        try expectResource("Revocation", full: revocation("", 0), least: revocation(nil, nil))
        try expectResource(
            "RevocationUnchanged", full: RevocationUnchanged(kind: "", id: "", detail: ""),
            least: RevocationUnchanged(kind: "", id: nil, detail: ""))
        try expectResource("RevocationTail", full: RevocationTail(items: [], after: 0))
        try expectResource("Stream", full: stream("", 0), least: stream(nil, nil))
        try expectResource("Consumer", full: consumer(0), least: consumer(nil))
        try expectResource(
            "RevocationSpread",
            full: RevocationSpread(
                revocation: revocation("", 0), acknowledged: [consumer(0)], pending: [consumer(nil)],
                gone: [consumer(0)], namesAreAuthenticated: true)
        )
        try expectResource("Key", full: key(0), least: key(nil))
        try expectResource(
            "MasterKeyRotated",
            full: MasterKeyRotated(currentSlot: 0, olderSlots: [], resealedKeys: 0, resealedSecrets: 0))
        try expectResource("TokenMinted", full: TokenMinted(accessToken: SecretText(""), expiresIn: 0, scope: ""))
        try expectResource("UserPage", full: PageResource<UserResource>(items: [], nextCursor: nil))
        try expectResource(
            "Stats",
            full: StatsResource(
                users: 0, clients: 0, sessions: 0, liveRevocations: 0, auditEvents: 0, databaseBytes: 0,
                writeAheadLogBytes: 0, commits: 0, transactions: 0, epoch: "", lastSeq: 0, consumers: 0, waiters: 0,
                hashQueue: 0, hashRunning: 0))
        try expectResource(
            "ReadinessCheck", full: Readiness.Check(name: "", ok: false, detail: ""),
            least: Readiness.Check(name: "", ok: true, detail: nil))
        try expectResource("Readiness", full: Readiness(checks: []))
        try expectResource(
            "Problem",
            full: ProblemResource(
                type: "", title: "", status: 0, detail: "", code: "", latchkeyReason: "", requestID: ""),
            least: ProblemResource(type: "", title: "", status: 0, detail: "", code: ""))
    }

    private func client(full: Bool) throws -> ClientResource {
        let settings = ClientSettings {
            guard full else { return }
            $0.loginURI = ""
            $0.scope = Scope()
            $0.algorithm = .es256
            $0.accessLifetime = .zero
            $0.idleLifetime = .zero
            $0.absoluteLifetime = .zero
        }
        let missing = ClientSettings.fields.filter { $0.value(in: settings) == nil }
        #expect(missing.isEmpty == full, "set here what was added: \(missing.map(\.name))")
        return ClientResource(
            Client(
                id: try #require(ClientID("app")), kind: .public, settings: settings,
                createdAt: Timestamp(seconds: 1)))
    }

    private func session(full: Bool) -> SessionResource {
        SessionResource(
            id: "", sub: "", userName: "", clientID: "", state: "", transport: "", scope: "", generation: 1,
            deviceName: full ? "" : nil, network: "", lastNetwork: "", createdAt: 0, refreshedAt: 0, expiresAt: 0,
            endedAt: full ? 0 : nil, endReason: full ? "" : nil)
    }

    private func ownSession(_ deviceName: String?) throws -> OwnSession {
        let now = Timestamp(seconds: 1)
        let user = User(
            id: .generate(at: now), name: "a", normalisedName: "a", roles: [], disabled: false,
            mustChangePassword: false, createdAt: now)
        let client = Client(
            id: try #require(ClientID("app")), kind: .public, settings: ClientSettings(), createdAt: now)
        let session = Session(
            id: .generate(at: now), user: user.id, client: client.id, transport: .body, scope: Scope(), nonce: [],
            createdAt: now, expiresAt: now, authenticationMethods: [], deviceName: deviceName, network: "a",
            lineage: .begun(at: now, from: "a"))
        return OwnSession(
            SessionRecord(session: session, user: user, client: client, allEndedAt: nil), idleLifetime: .zero,
            to: OwnSession.Asker(session: session.id, network: "a", now: now))
    }

    private func audit(_ text: String?) -> AuditResource {
        AuditResource(
            id: 0, kind: "", at: 0, actor: "", actorName: text, sub: text, userName: text, sid: text, clientID: text,
            network: text, details: [:], count: 1)
    }

    private func ending(_ text: String?, _ number: Int64?) -> SessionEndingResource {
        SessionEndingResource(reason: text, at: number, actor: text, actorName: text, note: text, seq: number)
    }

    private func revocation(_ text: String?, _ instant: Int64?) -> RevocationResource {
        RevocationResource(
            seq: 1, kind: "", id: text, issuedBefore: instant, expiresAt: 0, revokedAt: 0, reason: "", note: text,
            actor: "")
    }

    private func consumer(_ number: Int64?) -> ConsumerResource {
        ConsumerResource(
            name: "", acknowledgedSeq: number, lag: 0, lagSeconds: 0, behindSince: number, lastSeenAt: 0, address: "",
            state: .gone)
    }

    private func stream(_ text: String?, _ instant: Int64?) -> StreamResource {
        StreamResource(
            id: "", clientID: "", status: "", reason: text, description: text, eventsDelivered: [], pending: 0,
            dropped: 0, createdAt: 0, polledAt: instant)
    }

    private func key(_ instant: Int64?) -> KeyResource {
        KeyResource(
            kid: "", algorithm: "", state: "", withdrawn: false, announcedAt: 0, activatedAt: instant,
            retiredAt: instant, goneAt: instant, maySignAt: instant, retiresAt: instant)
    }
}
