/// `POST /api/v1/admin/clients`.
package struct ClientCreate: Codable, Sendable {
    package var id: String
    /// `public` or `confidential`.
    package var kind: String
    /// Absent: false.
    package var firstParty: Bool?
    package var origins: [String]?
    package var redirectURIs: [String]?
    /// Where its users sign in when they come from another host. Absent: nowhere.
    package var loginURI: String?
    package var audiences: [String]?
    /// Space-separated. Absent: the default list.
    package var scope: String?
    /// `refresh_token`, `client_credentials`. Absent: what suits the kind.
    package var grants: [String]?
    /// `ES256`, `EdDSA`, `PS256` or `RS256`. Absent: the issuer's, here and below.
    package var algorithm: String?
    /// Seconds, 30 to 3600.
    package var accessLifetime: Int64?
    /// Seconds.
    package var idleLifetime: Int64?
    /// Seconds.
    package var absoluteLifetime: Int64?
    /// An imported secret of a confidential client (at least 16 characters of randomness). Absent: one is made.
    package var clientSecret: SecretText?

    package init(id: String, kind: String) {
        self.id = id
        self.kind = kind
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case id, kind, origins, audiences, scope, grants, algorithm
        case firstParty = "first_party"
        case redirectURIs = "redirect_uris"
        case loginURI = "login_uri"
        case accessLifetime = "access_ttl_seconds"
        case idleLifetime = "idle_ttl_seconds"
        case absoluteLifetime = "absolute_ttl_seconds"
        case clientSecret = "client_secret"
    }
}

/// `PATCH /api/v1/admin/clients/{client}`; absent members stay as they are, `null` returns to the issuer's setting.
/// The kind of a client never changes.
package struct ClientUpdate: Codable, Sendable {
    package var firstParty: Bool?
    package var origins: [String]?
    package var redirectURIs: [String]?
    package var loginURI = FieldChange<String>.keep
    package var audiences: [String]?
    package var scope = FieldChange<String>.keep
    package var grants: [String]?
    package var algorithm = FieldChange<String>.keep
    /// Seconds.
    package var accessLifetime = FieldChange<Int64>.keep
    /// Seconds.
    package var idleLifetime = FieldChange<Int64>.keep
    /// Seconds.
    package var absoluteLifetime = FieldChange<Int64>.keep

    package init() {}

    enum CodingKeys: String, CodingKey, CaseIterable {
        case origins, audiences, scope, grants, algorithm
        case firstParty = "first_party"
        case redirectURIs = "redirect_uris"
        case loginURI = "login_uri"
        case accessLifetime = "access_ttl_seconds"
        case idleLifetime = "idle_ttl_seconds"
        case absoluteLifetime = "absolute_ttl_seconds"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        firstParty = try container.decodeIfPresent(Bool.self, forKey: .firstParty)
        origins = try container.decodeIfPresent([String].self, forKey: .origins)
        redirectURIs = try container.decodeIfPresent([String].self, forKey: .redirectURIs)
        loginURI = try container.decodeChange(String.self, forKey: .loginURI)
        audiences = try container.decodeIfPresent([String].self, forKey: .audiences)
        scope = try container.decodeChange(String.self, forKey: .scope)
        grants = try container.decodeIfPresent([String].self, forKey: .grants)
        algorithm = try container.decodeChange(String.self, forKey: .algorithm)
        accessLifetime = try container.decodeChange(Int64.self, forKey: .accessLifetime)
        idleLifetime = try container.decodeChange(Int64.self, forKey: .idleLifetime)
        absoluteLifetime = try container.decodeChange(Int64.self, forKey: .absoluteLifetime)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(firstParty, forKey: .firstParty)
        try container.encodeIfPresent(origins, forKey: .origins)
        try container.encodeIfPresent(redirectURIs, forKey: .redirectURIs)
        try container.encodeChange(loginURI, forKey: .loginURI)
        try container.encodeIfPresent(audiences, forKey: .audiences)
        try container.encodeChange(scope, forKey: .scope)
        try container.encodeIfPresent(grants, forKey: .grants)
        try container.encodeChange(algorithm, forKey: .algorithm)
        try container.encodeChange(accessLifetime, forKey: .accessLifetime)
        try container.encodeChange(idleLifetime, forKey: .idleLifetime)
        try container.encodeChange(absoluteLifetime, forKey: .absoluteLifetime)
    }
}

/// What a PATCH says of a field that may be empty: an absent member keeps it, `null` clears it, a value sets it
/// (RFC 7396).
package enum FieldChange<Value: Codable & Sendable>: Sendable {
    case keep
    case clear
    case set(Value)
}

extension FieldChange: Equatable where Value: Equatable {}

extension KeyedDecodingContainer {
    func decodeChange<Value: Codable & Sendable>(_ type: Value.Type, forKey key: Key) throws -> FieldChange<Value> {
        guard contains(key) else { return .keep }
        return try decodeNil(forKey: key) ? .clear : .set(decode(type, forKey: key))
    }
}

extension KeyedEncodingContainer {
    mutating func encodeChange<Value: Codable & Sendable>(_ change: FieldChange<Value>, forKey key: Key) throws {
        switch change {
        case .keep: break
        case .clear: try encodeNil(forKey: key)
        case .set(let value): try encode(value, forKey: key)
        }
    }
}
