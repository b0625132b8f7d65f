import HTTPTypes
import LatchkeyCore

/// `POST /oauth2/revoke` (RFC 7009): a client gives back a token of its own. Durable when it answers; 200 for anything
/// that is not the caller's to revoke, so that nobody can ask which tokens exist.
struct RevocationEndpoint: Sendable {
    private let services: Services
    private let gate: ClientGate

    init(services: Services) {
        self.services = services
        gate = ClientGate(services)
    }

    var route: Route {
        Route(
            .post, "/oauth2/revoke", errors: .oauth, access: .clients, operation: "revokeToken", query: .tolerant,
            handler: handle)
    }

    private func handle(_ request: Request, _ context: RequestContext) async throws -> Response {
        let form = try OAuthForm.read(request)
        let client = try await gate.authenticate(ClientAuthentication(request.headers, form: form), context)
        // `token_type_hint` is a hint; what a token is shows in its form.
        try await services.revocations.revokePresented(try form.required("token"), caller: client)
        return Response(status: .ok, headers: [.cacheControl: "no-store", .pragma: "no-cache"])
    }
}
