package import LatchkeyTokens

/// An application that asks for tokens.
package struct Client: Sendable, Equatable {
    package enum Kind: String, Sendable { case `public`, confidential }
    /// Grant types of RFC 6749 and RFC 8628 names that a client may be allowed. Only those that exist are listed.
    package enum Grant: String, Sendable, CaseIterable {
        case refreshToken = "refresh_token"
        case clientCredentials = "client_credentials"
    }

    package let id: ClientID
    package var kind: Kind
    /// May collect passwords itself (`/api/v1/login`).
    package var firstParty: Bool
    package var disabled: Bool
    /// Exact origins (`scheme://host[:port]`) of a browser client: CORS and CSRF.
    package var origins: [String]
    package var redirectURIs: [String]
    /// Where a browser signs in that comes from another host of the application (`/start`).
    package var loginURI: String?
    /// `aud` of its access tokens; empty means the issuer.
    package var audiences: [String]
    /// What it may ask for; `nil` means ``defaultScope``.
    package var scope: Scope?
    package var grants: [Grant]
    /// Overrides of the issuer's settings; `nil` means the issuer's.
    package var algorithm: JWSAlgorithm?
    package var accessLifetime: Duration?
    package var idleLifetime: Duration?
    package var absoluteLifetime: Duration?
    package let createdAt: Timestamp
    /// Tokens with `iat` up to this second are revoked (Unix seconds).
    package var issuedBefore: Int64?
    /// Sessions created up to this instant have ended.
    package var sessionsEndedAt: Timestamp?

    package init(
        id: ClientID, kind: Kind, firstParty: Bool = false, disabled: Bool = false, origins: [String] = [],
        redirectURIs: [String] = [], loginURI: String? = nil, audiences: [String] = [], scope: Scope? = nil,
        grants: [Grant],
        algorithm: JWSAlgorithm? = nil, accessLifetime: Duration? = nil, idleLifetime: Duration? = nil,
        absoluteLifetime: Duration? = nil, createdAt: Timestamp, issuedBefore: Int64? = nil,
        sessionsEndedAt: Timestamp? = nil
    ) {
        self.id = id
        self.kind = kind
        self.firstParty = firstParty
        self.disabled = disabled
        self.origins = origins
        self.redirectURIs = redirectURIs
        self.loginURI = loginURI
        self.audiences = audiences
        self.scope = scope
        self.grants = grants
        self.algorithm = algorithm
        self.accessLifetime = accessLifetime
        self.idleLifetime = idleLifetime
        self.absoluteLifetime = absoluteLifetime
        self.createdAt = createdAt
        self.issuedBefore = issuedBefore
        self.sessionsEndedAt = sessionsEndedAt
    }
}

/// A client secret at rest: SHA-256 of the secret (which is random, so a fast hash is enough), sealed with the master
/// key so that `master-key rotate` can re-seal it and a stolen database cannot confirm a guess.
package struct SealedClientSecret: Sendable, Equatable {
    package let client: ClientID
    /// Sealed digest, see ``MasterKeyRing``; the slot is the first byte.
    package let sealed: [UInt8]
    package let createdAt: Timestamp
    /// After a rotation the old secret works until then; `nil` for the current one.
    package let expiresAt: Timestamp?

    package init(client: ClientID, sealed: [UInt8], createdAt: Timestamp, expiresAt: Timestamp?) {
        self.client = client
        self.sealed = sealed
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }
}
