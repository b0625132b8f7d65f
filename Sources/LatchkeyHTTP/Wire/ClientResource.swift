/// A client as administrators see it. Never with a secret.
package struct ClientResource: Codable, Sendable, Equatable {
    /// The `client_id`.
    package let id: String
    /// `public` or `confidential`.
    package let kind: String
    package let firstParty: Bool
    package let disabled: Bool
    package let origins: [String]
    package let redirectURIs: [String]
    /// Where its users sign in when they come from another host. `null`: nowhere.
    package let loginURI: String?
    /// `aud` of its access tokens; empty: the issuer.
    package let audiences: [String]
    /// Space-separated; what it may ask for. `null`: the default list.
    package let scope: String?
    package let grants: [String]
    /// `null`: the issuer's setting, here and below.
    package let algorithm: String?
    /// Seconds.
    package let accessLifetime: Int64?
    /// Seconds since the last rotation.
    package let idleLifetime: Int64?
    /// Seconds since login.
    package let absoluteLifetime: Int64?
    /// Unix seconds.
    package let createdAt: Int64

    package init(
        id: String, kind: String, firstParty: Bool, disabled: Bool, origins: [String], redirectURIs: [String],
        loginURI: String?, audiences: [String], scope: String?, grants: [String], algorithm: String?,
        accessLifetime: Int64?,
        idleLifetime: Int64?, absoluteLifetime: Int64?, createdAt: Int64
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
    }

    enum CodingKeys: String, CodingKey {
        case id, kind, disabled, origins, audiences, scope, grants, algorithm
        case firstParty = "first_party"
        case redirectURIs = "redirect_uris"
        case loginURI = "login_uri"
        case accessLifetime = "access_ttl_seconds"
        case idleLifetime = "idle_ttl_seconds"
        case absoluteLifetime = "absolute_ttl_seconds"
        case createdAt = "created_at"
    }
}

/// The answer to `POST /api/v1/admin/clients` (201) and `PATCH /api/v1/admin/clients/{client}` (200).
package struct ClientCreated: Codable, Sendable {
    package let client: ClientResource
    /// A new confidential client's secret: told this once, kept nowhere in the clear. Absent otherwise.
    package let clientSecret: SecretText?
    /// What an administrator should know about this client, one sentence each.
    package let warnings: [String]

    package init(client: ClientResource, clientSecret: SecretText? = nil, warnings: [String]) {
        self.client = client
        self.clientSecret = clientSecret
        self.warnings = warnings
    }

    enum CodingKeys: String, CodingKey {
        case client, warnings
        case clientSecret = "client_secret"
    }
}

/// `POST /api/v1/admin/clients/{client}/rotate-secret`; the body may be empty.
package struct ClientSecretRotate: Codable, Sendable {
    /// How long the old secret goes on working, seconds: 0 to 2592000 (30 days). Absent: 86400 (a day).
    package let grace: Int64?

    package init(grace: Int64? = nil) { self.grace = grace }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case grace = "grace_seconds"
    }
}

/// The answer to a rotation: the new secret, once.
package struct ClientSecretRotated: Codable, Sendable {
    package let clientID: String
    package let clientSecret: SecretText
    /// When the previous secret stops working, Unix seconds.
    package let previousExpiresAt: Int64

    package init(clientID: String, clientSecret: SecretText, previousExpiresAt: Int64) {
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.previousExpiresAt = previousExpiresAt
    }

    enum CodingKeys: String, CodingKey {
        case clientID = "client_id"
        case clientSecret = "client_secret"
        case previousExpiresAt = "previous_expires_at"
    }
}
