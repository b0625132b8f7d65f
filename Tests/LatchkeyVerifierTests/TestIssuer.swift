import Crypto
import LatchkeyTokens
import LatchkeyVerifier
import TestSupport
import Testing

/// An issuer of which a test knows everything, without a server: signs whatever it is told to.
struct TestIssuer: Sendable {
    static let name = "https://auth.example.com"
    static let audience = "orders"

    let key = P256.Signing.PrivateKey()
    let webKey: JSONWebKey

    init() throws {
        webKey = try JSONWebKey(p256: key.publicKey.rawRepresentation)
    }

    func keySet(_ others: JSONWebKey...) throws -> [UInt8] {
        try JSONWebKeySet([webKey] + others).encode()
    }

    /// A user's token, good for five minutes from `instant`.
    func token(
        at instant: Timestamp, issuer: String = TestIssuer.name, session: SessionID? = nil, keyID: KeyID? = nil
    ) throws -> String {
        let claims = AccessTokenClaims(
            issuer: issuer, subject: UserID.generate(at: instant).description, audience: [Self.audience],
            expiresAt: instant + .seconds(300), issuedAt: instant, tokenID: .generate(),
            clientID: try #require(ClientID("spa")), scope: try #require(Scope("orders:read")), sessionID: session)
        let header = JWSHeader(algorithm: .es256, type: JWSHeader.accessTokenType, keyID: keyID ?? webKey.keyID)
        return String(
            decoding: try JWS.sign(headerSegment: header.segment(), payload: claims.encode(), signer: sign),
            as: UTF8.self)
    }

    /// The document as it would travel through a mirror.
    func signed(_ document: RevocationDocument, by other: TestIssuer? = nil) throws -> [UInt8] {
        let header = JWSHeader(algorithm: .es256, type: JWSHeader.revocationsType, keyID: webKey.keyID)
        return try SignedRevocationDocument.sign(
            document, issuedAt: document.now, expiresAt: document.now + .seconds(60), headerSegment: header.segment(),
            signer: (other ?? self).sign)
    }

    private func sign(_ input: [UInt8]) throws -> [UInt8] {
        Array(try key.signature(for: input).rawRepresentation)
    }
}

/// A list document with the usual values.
func document(
    now: Timestamp, epoch: String = "e1", after: Int64 = 0, sequence: Int64 = 0, issuer: String = TestIssuer.name,
    expiresIn: Int64 = 60, _ entries: [RevocationEntry] = []
) -> RevocationDocument {
    RevocationDocument(
        issuer: issuer, epoch: epoch, after: after, sequence: sequence, now: now, nextUpdate: 5, expiresIn: expiresIn,
        entries: entries)
}

func entry(_ sequence: Int64, session: SessionID, expiresAt: Timestamp) -> RevocationEntry {
    RevocationEntry(sequence: sequence, target: .session(session), expiresAt: expiresAt)
}

/// A verifier against a scripted server, on a clock of the test, polling as fast as it can.
func withVerifier(
    _ server: HostileServer, clock: TestClock, _ change: (inout TokenVerifier.Configuration) -> Void = { _ in },
    _ body: @Sendable (TokenVerifier) async throws -> Void
) async throws {
    var configuration = TokenVerifier.Configuration(
        issuer: TestIssuer.name, audience: TestIssuer.audience, server: server.base)
    configuration.now = { clock.now }
    // Pauses are the state machine's business, which has tests of its own.
    configuration.sleep = { _ in try await Task.sleep(for: .milliseconds(2)) }
    configuration.jitter = { 1 }
    configuration.limits.requestTimeout = .seconds(600)
    configuration.limits.snapshotTimeout = .seconds(600)
    change(&configuration)
    let verifier = TokenVerifier(configuration)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await verifier.run() }
        try await body(verifier)
        group.cancelAll()
    }
    try await server.stop()
}
