import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Somebody who is signed in while others send nonsense.
struct Bystander: Sendable {
    let server: TestServer
    let user: User
    /// Of the confidential client `service`.
    let secret: String
    /// Of the first sign-in, through the public client `spa`.
    let refresh: String
    let access: String
    /// Of a second sign-in, for the account API.
    let account: String

    /// Puts the fixtures into a request written down beforehand.
    func filled(_ text: String) -> String {
        text.replacing("{secret}", with: PercentEncoding.encode(secret))
            .replacing("{refresh}", with: PercentEncoding.encode(refresh))
            .replacing("{access}", with: PercentEncoding.encode(access))
            .replacing("{password}", with: TestServer.password)
    }
}

/// Everything that a request which is refused must leave as it was.
private struct Holdings: Equatable {
    let users: Int64
    let clients: Int64
    let sessions: Int64
    let revocations: Int64
    let lastSequence: Int64
    let credentials: [Int64?]
    let lineages: [SessionID: Session.Lineage]
    /// How often each kind of event is in the audit trail.
    let events: [AuditEvent.Kind: Int]

    /// - Parameter noted: failures that the audit trail may gain.
    init(_ server: TestServer, user: UserID, noted: Set<AuditEvent.Kind>) async throws {
        let store = server.services.store
        let statistics = try await store.statistics()
        users = statistics.users
        clients = statistics.clients
        sessions = statistics.sessions
        revocations = statistics.liveRevocations
        lastSequence = try await store.revocationState().lastSequence
        credentials = [try await store.loginRecord(user: user)?.credential.version]
        let rows = try await store.sessions(SessionFilter(), page: PageRequest()).items
        lineages = Dictionary(uniqueKeysWithValues: rows.map { ($0.session.id, $0.session.lineage) })
        let trail = try await server.services.audit.page(AuditFilter(), PageRequest(limit: 1000)).items
        events = Dictionary(trail.filter { !noted.contains($0.kind) }.map { ($0.kind, $0.count) }, uniquingKeysWith: +)
    }
}

/// Runs a server with a ``Bystander`` and checks that what `body` sent has changed nothing: no row, no counter of a
/// lineage, no revocation, no event but the failures named, and the bystander's tokens still work.
func withBystander(
    noted: Set<AuditEvent.Kind> = [], sourceLocation: SourceLocation = #_sourceLocation,
    _ body: @Sendable (Bystander) async throws -> Void
) async throws {
    try await withServer(sourceLocation: sourceLocation) { server in
        let user = try await server.addUser()
        try await server.addClient()
        try await server.addClient("third", firstParty: false)
        let secret = try await server.addConfidentialClient()
        let login = try await server.login()
        let bystander = Bystander(
            server: server, user: user, secret: secret, refresh: try #require(login["refresh_token"]),
            access: try #require(login["access_token"]),
            account: try #require(try await server.login(scope: "latchkey:account")["access_token"]))
        let before = try await Holdings(server, user: user.id, noted: noted)
        try await body(bystander)
        let after = try await Holdings(server, user: user.id, noted: noted)
        #expect(before == after, "something was changed", sourceLocation: sourceLocation)
        let me = try await server.http.authorised("GET", "/api/v1/me", bearer: bystander.access)
        #expect(me.status == 200, sourceLocation: sourceLocation)
        #expect(try await server.refresh(bystander.refresh).status == 200, sourceLocation: sourceLocation)
    }
}
