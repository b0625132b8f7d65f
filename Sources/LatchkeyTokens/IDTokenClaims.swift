import Crypto

/// The claims of an ID token, OpenID Connect Core section 2: who signed in, how and when, for one client.
package struct IDTokenClaims: Sendable {
    /// `iss`
    package var issuer: String
    /// `sub`
    package var subject: UserID
    /// `aud`: the client alone.
    package var client: ClientID
    /// `exp`
    package var expiresAt: Timestamp
    /// `iat`
    package var issuedAt: Timestamp
    /// `auth_time`
    package var authenticatedAt: Timestamp
    /// `sid`
    package var sessionID: SessionID
    /// `acr`
    package var authenticationClass: String
    /// `amr`, RFC 8176.
    package var authenticationMethods: [String]
    /// `nonce`: only when the request had one, and never after a refresh.
    package var nonce: String?
    /// `at_hash`
    package var accessTokenHash: String
    /// Claims about the user, in this order.
    package var profile: [(name: String, value: JSONValue)] = []

    /// Claims to be signed. Instants are written as whole seconds, rounded down.
    package init(
        issuer: String, subject: UserID, client: ClientID, expiresAt: Timestamp, issuedAt: Timestamp,
        authenticatedAt: Timestamp, sessionID: SessionID, authenticationClass: String,
        authenticationMethods: [String], nonce: String?, accessTokenHash: String
    ) {
        self.issuer = issuer
        self.subject = subject
        self.client = client
        self.expiresAt = expiresAt
        self.issuedAt = issuedAt
        self.authenticatedAt = authenticatedAt
        self.sessionID = sessionID
        self.authenticationClass = authenticationClass
        self.authenticationMethods = authenticationMethods
        self.nonce = nonce
        self.accessTokenHash = accessTokenHash
    }

    /// The JSON payload.
    package func encode() -> [UInt8] {
        JSONWriter.object(reserving: 640) { json in
            json.member("iss", issuer)
            json.member("sub", subject.description)
            json.member("aud", client.description)
            json.member("exp", expiresAt.seconds)
            json.member("iat", issuedAt.seconds)
            json.member("auth_time", authenticatedAt.seconds)
            json.member("sid", sessionID)
            json.member("acr", authenticationClass)
            json.member("amr", authenticationMethods)
            if let nonce { json.member("nonce", nonce) }
            json.member("at_hash", accessTokenHash)
            for claim in profile { json.member(claim.name, claim.value) }
        }
    }

    /// `at_hash` (OpenID Connect Core section 3.1.3.6): the left half of the hash of the access token, by the hash of the
    /// ID token's algorithm, which for Ed25519 is SHA-512.
    package static func hash(of accessToken: [UInt8], algorithm: JWSAlgorithm) -> String {
        let digest: [UInt8] =
            switch algorithm {
            case .es256, .ps256, .rs256: Array(SHA256.hash(data: accessToken))
            case .edDSA: Array(SHA512.hash(data: accessToken))
            }
        return Base64URL.string(Array(digest.prefix(digest.count / 2)))
    }
}
