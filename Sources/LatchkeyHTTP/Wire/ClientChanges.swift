import LatchkeyCore
import LatchkeyTokens

/// `POST /api/v1/admin/clients`. An absent field, or `null`, is what suits the kind of client.
package struct ClientCreate: Codable, Sendable {
    package var id: String
    /// `public` or `confidential`.
    package var kind: String
    package var values = ClientValues()
    /// An imported secret of a confidential client (at least 16 characters of randomness). Absent: one is made.
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

/// `PATCH /api/v1/admin/clients/{client}`: absent members stay as they are, `null` takes the value away, so that the
/// issuer's setting counts (RFC 7396). A field that cannot be without a value takes `null` for absent. The kind of a
/// client never changes.
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
    /// Reads the JSON form; what the values may be is the domain's to judge.
    /// - Throws: `Refusal` `invalid_request`.
    init(_ body: ClientCreate) throws(Refusal) {
        guard let id = ClientID(body.id) else {
            throw Refusal(
                .invalidRequest,
                "The member id must be 1 to 64 of A-Z a-z 0-9 . _ - and not have the form of a UUID.")
        }
        guard let kind = Client.Kind(rawValue: body.kind) else {
            throw Refusal(.invalidRequest, "The member kind must be public or confidential.")
        }
        self.init(id: id, kind: kind)
        // Null is absent here: nothing was set yet that it could take away.
        try body.values.apply(to: &settings)
        secret = body.clientSecret.map { ClientSecret($0.exposed) }
    }
}
