package import LatchkeyTokens
import Synchronization

/// What an ID token of ours says that came back as `id_token_hint` (OpenID Connect Core 3.1.2.1, RP-Initiated Logout 2).
package struct IDTokenHint: Sendable, Equatable {
    package let user: UserID
    /// The session of the client that the token was for.
    package let session: SessionID?
    /// The client that the token was for.
    package let client: ClientID?

    package init(user: UserID, session: SessionID?, client: ClientID?) {
        self.user = user
        self.session = session
        self.client = client
    }
}

/// Reads ID token hints.
///
/// | a token | is a hint |
/// | --- | --- |
/// | signed by a key that is or was in the JWKS, also long ago | yes |
/// | signed by a withdrawn key: anybody may have signed it | no |
/// | expired | yes: it says who was signed in, and opens nothing |
/// | of another issuer | no |
/// | `typ` absent or `JWT` | yes |
/// | any other `typ`: an access token, a logout token, a list | no |
/// | with the claims of an access token or a security event, under `typ` `JWT` | no |
/// | without a user's `sub`, or with a `sid` that is none | no |
package final class IDTokenHints: Sendable {
    /// ID tokens are much shorter; nothing longer is read.
    package static let maximumLength = 4096
    /// Claims that make a token something else (RFC 9068 2.2, RFC 8417 2.2).
    private static let foreignClaims = ["client_id", "events"]

    /// Keys that have left the JWKS and were not withdrawn, as of a version of the key ring.
    private struct FormerKeys: Sendable {
        let version: Int64
        let keys: [KeyID: VerificationKey]
    }

    private let issuer: String
    private let store: any Store
    private let ring: KeyRing
    private let former = Mutex<FormerKeys?>(nil)

    package init(issuer: String, store: any Store, ring: KeyRing) {
        self.issuer = issuer
        self.store = store
        self.ring = ring
    }

    /// The hint; nil for anything that is not an ID token of this issuer.
    /// - Throws: the store's faults, the first time that a key is needed which is no longer in the JWKS.
    package func read(_ token: String) async throws -> IDTokenHint? {
        guard token.utf8.count <= Self.maximumLength, let jws = try? JWS(parsing: Array(token.utf8)),
            jws.header.type == nil || jws.header.hasType("jwt"), let id = jws.header.keyID,
            let key = try await key(id), key.algorithm == jws.header.algorithm,
            key.verify(signature: jws.signature, signingInput: jws.signingInput)
        else { return nil }
        return claims(of: jws.payload)
    }

    private func claims(of payload: [UInt8]) -> IDTokenHint? {
        guard let claims = try? StrictJSON.parseObject(payload, maximumLength: Self.maximumLength),
            claims["iss"]?.string?.equalsBytes(of: issuer) == true,
            Self.foreignClaims.allSatisfy({ claims[$0] == nil }),
            let user = claims["sub"]?.string.flatMap({ UserID($0) })
        else { return nil }
        let session = claims["sid"]
        let sessionID = session?.string.flatMap { SessionID($0) }
        guard session == nil || sessionID != nil else { return nil }
        return IDTokenHint(user: user, session: sessionID, client: client(of: claims["aud"]))
    }

    /// Ours are for one client alone.
    private func client(of audience: JSONValue?) -> ClientID? {
        if let one = audience?.string { return ClientID(one) }
        guard let several = audience?.strings, several.count == 1 else { return nil }
        return ClientID(several[0])
    }

    private func key(_ id: KeyID) async throws -> VerificationKey? {
        let current = ring.current
        if let key = current.verificationKey(id) { return key }
        return try await formerKeys(asOf: current.version)[id]
    }

    /// Read once for each version of the key ring, so that tokens with invented keys cost no read each.
    private func formerKeys(asOf version: Int64) async throws -> [KeyID: VerificationKey] {
        if let known = former.withLock({ $0 }), known.version == version { return known.keys }
        let gone = try await store.keyTable(includingGone: true).keys.filter { $0.state == .gone && !$0.withdrawn }
        var keys: [KeyID: VerificationKey] = [:]
        for record in gone {
            let publicKey = try JSONWebKey(parsing: try StrictJSON.parseObject(record.publicKey))
            keys[record.id] = VerificationKey(publicKey)
        }
        let read = FormerKeys(version: version, keys: keys)
        former.withLock { $0 = read }
        return keys
    }
}
