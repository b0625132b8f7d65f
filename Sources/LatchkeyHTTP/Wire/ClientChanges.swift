import LatchkeyCore
import LatchkeyTokens

/// `POST /api/v1/admin/clients`. An absent field, or `null`, means the default of the kind of client.
package struct ClientCreate: Codable, Sendable {
    package var id: String
    /// `public` or `confidential`.
    package var kind: String
    package var values = ClientValues()
    /// An imported secret of a confidential client (at least 16 characters of randomness). Absent: a secret is created.
    package var clientSecret: SecretText?

    package init(id: String, kind: String) {
        self.id = id
        self.kind = kind
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: ClientValues.Name.self)
        id = try container.decode(String.self, forKey: .id)
        kind = try container.decode(String.self, forKey: .kind)
        clientSecret = try container.decodeIfPresent(SecretText.self, forKey: .clientSecret)
        values = try ClientValues(from: container)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: ClientValues.Name.self)
        try container.encode(id, forKey: .id)
        try container.encode(kind, forKey: .kind)
        try container.encodeIfPresent(clientSecret, forKey: .clientSecret)
        try values.encode(to: &container)
    }
}

/// `PATCH /api/v1/admin/clients/{client}`: absent members keep their value, and `null` removes the value, so that the
/// issuer's setting applies (RFC 7396). For a field that cannot be without a value, `null` counts as absent. The kind
/// of a client never changes.
package struct ClientUpdate: Codable, Sendable {
    package var values = ClientValues()

    package init() {}

    package init(from decoder: any Decoder) throws {
        values = try ClientValues(from: try decoder.container(keyedBy: ClientValues.Name.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: ClientValues.Name.self)
        try values.encode(to: &container)
    }
}

extension ClientCreate: ResourceBody {
    static var memberNames: [String] {
        (ClientSettings.fields.map(\.name) + ["id", "kind", "client_secret"]).sorted()
    }
}

extension ClientUpdate: ResourceBody {
    static var memberNames: [String] { ClientSettings.fields.map(\.name).sorted() }
}

extension ClientValues.Name {
    static let id = Self(stringValue: "id")
    static let kind = Self(stringValue: "kind")
    static let clientSecret = Self(stringValue: "client_secret")
}

extension ClientDraft {
    /// Reads the JSON form; the domain checks the values.
    /// - Throws: `Refusal` `invalid_request`.
    init(_ body: ClientCreate) throws(Refusal) {
        guard let id = ClientID(body.id) else {
            throw Refusal(
                .invalidRequest,
                "The member id must be 1 to 64 characters of A-Z a-z 0-9 . _ - and must not look like a UUID.")
        }
        guard let kind = Client.Kind(rawValue: body.kind) else {
            throw Refusal(.invalidRequest, "The member kind must be public or confidential.")
        }
        self.init(id: id, kind: kind)
        // Null counts as absent here: there is no earlier value that it could remove.
        try body.values.apply(to: &settings)
        secret = body.clientSecret.map { ClientSecret($0.exposed) }
    }
}
