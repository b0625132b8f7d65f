import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `/api/v1/admin/clients`: applications.
struct AdminClients: Sendable {
    /// How long the old secret keeps working after a rotation if the request does not say: a day, for a rolling
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
        let change = try ClientUpdate.read(from: request)
        try change.values.check()
        let client = try await clients.update(try context.clientID(), actor: actor) {
            try change.values.apply(to: &$0)
        }
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
