package import LatchkeyCore
import LatchkeyTokens

/// A client as administrators see it. Never with a secret.
package struct ClientResource: Codable, Sendable, Equatable {
    /// The `client_id`.
    package let id: String
    /// `public` or `confidential`.
    package let kind: String
    package let disabled: Bool
    /// Why the server cannot read the client's settings, which are then shown as not set; absent otherwise.
    package let problem: String?
    /// Unix seconds.
    package let createdAt: Int64
    /// The values that are set, each field a member; a field without a value is absent.
    package let values: ClientValues

    package init(_ client: Client) {
        id = client.id.description
        kind = client.kind.rawValue
        disabled = client.disabled
        problem = client.problem
        createdAt = client.createdAt.seconds
        values = ClientValues(client.settings)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: ClientValues.Name.self)
        id = try container.decode(String.self, forKey: .id)
        kind = try container.decode(String.self, forKey: .kind)
        disabled = try container.decode(Bool.self, forKey: .disabled)
        problem = try container.decodeIfPresent(String.self, forKey: .problem)
        createdAt = try container.decode(Int64.self, forKey: .createdAt)
        values = try ClientValues(from: container)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: ClientValues.Name.self)
        try container.encode(id, forKey: .id)
        try container.encode(kind, forKey: .kind)
        try container.encode(disabled, forKey: .disabled)
        try container.encodeIfPresent(problem, forKey: .problem)
        try container.encode(createdAt, forKey: .createdAt)
        try values.encode(to: &container)
    }
}

extension ClientValues.Name {
    static let disabled = Self(stringValue: "disabled")
    static let problem = Self(stringValue: "problem")
    static let createdAt = Self(stringValue: "created_at")
}

/// The answer to `POST /api/v1/admin/clients` (201) and `PATCH /api/v1/admin/clients/{client}` (200).
package struct ClientCreated: Codable, Sendable {
    package let client: ClientResource
    /// A new confidential client's secret: sent only once, never stored in plain text. Absent otherwise.
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
    /// How long the old secret keeps working, in seconds: 0 to 2592000 (30 days). Absent: 86400 (a day).
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
