import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// The one access check of the admin API: over the Unix socket and inside the process the caller is the operator;
/// everybody else needs a live token with `latchkey:admin`, whose session row is read again on every request.
struct AdminGate: Sendable {
    /// A handler that knows who acts.
    typealias Handler = @Sendable (Request, RequestContext, Actor) async throws -> Response

    private let bearer: BearerVerifier
    private let tokens: BearerGate

    init(_ services: Services) {
        bearer = services.bearer
        tokens = BearerGate(services)
    }

    /// - Throws: `Refusal` `bearer_missing`, `invalid_token`, `insufficient_scope`.
    private func actor(_ request: Request, _ context: RequestContext) async throws -> Actor {
        if context.isLocalOperator { return .operator }
        let token = try await tokens.token(request, context)
        return try await bearer.authorise(token, scope: Scope.latchkeyAdmin).actor
    }

    /// A route of the admin API, behind the check.
    func route(
        _ method: HTTPRequest.Method, _ path: String, _ operation: String, _ handler: @escaping Handler
    ) -> Route {
        Route(
            method, "/api/v1/admin" + path, errors: .problem, access: .admin, operation: operation,
            admits: actor, handler: handler)
    }
}
