package import LatchkeyTokens

/// A client to register.
package struct ClientDraft: Sendable {
    package var id: ClientID
    package var kind: Client.Kind
    package var firstParty = false
    package var origins: [String] = []
    package var redirectURIs: [String] = []
    package var loginURI: String?
    package var audiences: [String] = []
    /// `nil`: ``Client/defaultScope``.
    package var scope: Scope?
    /// `nil`: `refresh_token` for a public client, both that exist for a confidential one.
    package var grants: [Client.Grant]?
    package var algorithm: JWSAlgorithm?
    package var accessLifetime: Duration?
    package var idleLifetime: Duration?
    package var absoluteLifetime: Duration?
    /// An imported secret; `nil`: a confidential client gets a new one.
    package var secret: ClientSecret?

    package init(id: ClientID, kind: Client.Kind) {
        self.id = id
        self.kind = kind
    }

    /// The client as it would be stored.
    /// - Throws: `invalid_request` with what to change.
    func validated(settings: Settings, at now: Timestamp) throws(Refusal) -> Client {
        if let secret {
            guard kind == .confidential else {
                throw Refusal(
                    .invalidRequest, "A public client has no secret: leave it out or make the client confidential.")
            }
            guard secret.isImportable else {
                throw Refusal(
                    .invalidRequest,
                    "A client secret has 16 to 256 random ASCII characters: leave it out to get a good one.")
            }
        }
        let client = Client(
            id: id, kind: kind, firstParty: firstParty, origins: origins, redirectURIs: redirectURIs,
            loginURI: loginURI, audiences: audiences, scope: scope,
            grants: grants ?? (kind == .public ? [.refreshToken] : Client.Grant.allCases), algorithm: algorithm,
            accessLifetime: accessLifetime, idleLifetime: idleLifetime, absoluteLifetime: absoluteLifetime,
            createdAt: now)
        return try ClientRules(settings: settings).validated(client)
    }
}

/// What to change of a client; `keep` and `nil` leave a field as it is. The id and the kind never change.
package struct ClientChange: Sendable {
    /// A change of a field that falls back to the issuer's setting when it is not set.
    package enum Field<Value: Sendable>: Sendable {
        case keep
        case set(Value?)

        func applied(to value: inout Value?) {
            if case .set(let new) = self { value = new }
        }
    }

    package var firstParty: Bool?
    package var origins: [String]?
    package var redirectURIs: [String]?
    package var loginURI = Field<String>.keep
    package var audiences: [String]?
    package var scope = Field<Scope>.keep
    package var grants: [Client.Grant]?
    package var algorithm = Field<JWSAlgorithm>.keep
    package var accessLifetime = Field<Duration>.keep
    package var idleLifetime = Field<Duration>.keep
    package var absoluteLifetime = Field<Duration>.keep

    package init() {}

    /// The client after the change.
    /// - Throws: `invalid_request` with what to change.
    func applied(to client: Client, settings: Settings) throws(Refusal) -> Client {
        var client = client
        client.firstParty = firstParty ?? client.firstParty
        client.origins = origins ?? client.origins
        client.redirectURIs = redirectURIs ?? client.redirectURIs
        client.audiences = audiences ?? client.audiences
        client.grants = grants ?? client.grants
        loginURI.applied(to: &client.loginURI)
        scope.applied(to: &client.scope)
        algorithm.applied(to: &client.algorithm)
        accessLifetime.applied(to: &client.accessLifetime)
        idleLifetime.applied(to: &client.idleLifetime)
        absoluteLifetime.applied(to: &client.absoluteLifetime)
        return try ClientRules(settings: settings).validated(client)
    }
}
