import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `/api/v1/admin/clients`: applications.
struct AdminClients: Sendable {
    /// How long the old secret goes on working after a rotation when the request does not say: a day, for a rolling
    /// deployment.
    static let defaultGrace: Duration = .seconds(86400)

    let clients: ClientService
    let clock: Clock

    var routes: [Route] {
        [
            Route(.get, AdminPath.clients, "listClients", .admin(.reads, list)),
            Route(.post, AdminPath.clients, "createClient", .admin(.changes, create)),
            Route(.get, AdminPath.oneClient, "getClient", .admin(.reads, get)),
            Route(.patch, AdminPath.oneClient, "updateClient", .admin(.changes, update)),
            Route(.delete, AdminPath.oneClient, "deleteClient", .admin(.changes, delete)),
            Route(
                .post, AdminPath.disableClient, "disableClient",
                .admin(.changes) { try await setDisabled(true, $0, $1, $2) }),
            Route(
                .post, AdminPath.enableClient, "enableClient",
                .admin(.changes) { try await setDisabled(false, $0, $1, $2) }),
            Route(.post, AdminPath.rotateSecretOfClient, "rotateClientSecret", .admin(.changes, rotateSecret)),
        ]
    }

    private func list(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        try .resource(try await clients.page(try ListQuery(request).page()).resource(ClientResource.init))
    }

    private func create(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let draft = try ClientDraft(ClientCreate.read(from: request))
        let (client, secret) = try await clients.create(draft, actor: actor)
        var response = try Response.resource(
            ClientCreated(
                client: ClientResource(client), clientSecret: secret.map { SecretText($0.text) },
                warnings: clients.warnings(for: client)),
            status: .created)
        response.headers[.location] = "/api/v1/admin/clients/\(client.id)"
        return response
    }

    private func get(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let client = try await clients.find(try context.clientID())
        return try .resource(ClientResource(client))
    }

    private func update(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let change = try ClientChange(ClientUpdate.read(from: request))
        let client = try await clients.update(try context.clientID(), change, actor: actor)
        return try .resource(
            ClientCreated(client: ClientResource(client), warnings: clients.warnings(for: client)))
    }

    private func delete(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        try await clients.delete(try context.clientID(), actor: actor)
        return .noContent
    }

    private func setDisabled(
        _ disabled: Bool, _ request: Request, _ context: RequestContext, _ actor: Actor
    ) async throws -> Response {
        let client = try await clients.setDisabled(try context.clientID(), disabled, actor: actor)
        return try .resource(ClientResource(client))
    }

    private func rotateSecret(_ request: Request, _ context: RequestContext, _ actor: Actor) async throws -> Response {
        let body = try ClientSecretRotate.read(from: request, mayBeEmpty: true)
        let grace = body.grace.map { Duration.seconds($0) } ?? Self.defaultGrace
        let id = try context.clientID()
        let secret = try await clients.rotateSecret(id, grace: grace, actor: actor)
        return try .resource(
            ClientSecretRotated(
                clientID: id.description, clientSecret: SecretText(secret.text),
                previousExpiresAt: (clock.now() + grace).seconds))
    }
}

extension ClientResource {
    init(_ client: Client) {
        self.init(
            id: client.id.description, kind: client.kind.rawValue, firstParty: client.firstParty,
            disabled: client.disabled, origins: client.origins, redirectURIs: client.redirectURIs,
            loginURI: client.loginURI, audiences: client.audiences, scope: client.scope?.description,
            grants: client.grants.map(\.rawValue),
            algorithm: client.algorithm?.rawValue, accessLifetime: client.accessLifetime?.components.seconds,
            idleLifetime: client.idleLifetime?.components.seconds,
            absoluteLifetime: client.absoluteLifetime?.components.seconds, createdAt: client.createdAt.seconds)
    }
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
        firstParty = body.firstParty ?? false
        origins = body.origins ?? []
        redirectURIs = body.redirectURIs ?? []
        loginURI = body.loginURI
        audiences = body.audiences ?? []
        if let text = body.scope { scope = try Self.scope(text) }
        if let names = body.grants { grants = try Self.grants(names) }
        if let name = body.algorithm { algorithm = try AdminKeys.algorithm(name) }
        accessLifetime = body.accessLifetime.map { .seconds($0) }
        idleLifetime = body.idleLifetime.map { .seconds($0) }
        absoluteLifetime = body.absoluteLifetime.map { .seconds($0) }
        secret = body.clientSecret.map { ClientSecret($0.exposed) }
    }

    static func scope(_ text: String) throws(Refusal) -> Scope {
        guard let scope = Scope(text) else {
            throw Refusal(.invalidRequest, "The member scope must be scope names separated by single spaces.")
        }
        return scope
    }

    static func grants(_ names: [String]) throws(Refusal) -> [Client.Grant] {
        var grants: [Client.Grant] = []
        for name in names {
            guard let grant = Client.Grant(rawValue: name) else {
                let known = Client.Grant.allCases.map(\.rawValue).joined(separator: ", ")
                throw Refusal(.invalidRequest, "The member grants may list: \(known).")
            }
            grants.append(grant)
        }
        return grants
    }
}

extension ClientChange {
    /// Reads the JSON form.
    /// - Throws: `Refusal` `invalid_request`.
    init(_ body: ClientUpdate) throws(Refusal) {
        self.init()
        firstParty = body.firstParty
        origins = body.origins
        redirectURIs = body.redirectURIs
        loginURI = Self.field(body.loginURI) { $0 }
        audiences = body.audiences
        if let names = body.grants { grants = try ClientDraft.grants(names) }
        scope = try Self.field(body.scope, ClientDraft.scope)
        algorithm = try Self.field(body.algorithm, AdminKeys.algorithm)
        accessLifetime = Self.field(body.accessLifetime) { .seconds($0) }
        idleLifetime = Self.field(body.idleLifetime) { .seconds($0) }
        absoluteLifetime = Self.field(body.absoluteLifetime) { .seconds($0) }
    }

    private static func field<Text, Value, Failure: Error>(
        _ change: FieldChange<Text>, _ read: (Text) throws(Failure) -> Value
    ) throws(Failure) -> Field<Value> {
        switch change {
        case .keep: .keep
        case .clear: .set(nil)
        case .set(let text): .set(try read(text))
        }
    }
}
