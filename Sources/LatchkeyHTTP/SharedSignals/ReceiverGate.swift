import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// The one access check of the event endpoints: a token of the client itself with `latchkey:events`, whose client row is
/// read again on every request. What a receiver then sees is its own stream alone.
struct ReceiverGate: Sendable {
    /// A handler that knows which client asks.
    typealias Handler = @Sendable (Request, RequestContext, ClientID) async throws -> Response

    private let bearer: BearerVerifier

    init(_ services: Services) { bearer = services.bearer }

    /// - Throws: `Refusal` `bearer_missing`, `invalid_token`, `insufficient_scope`.
    private func receiver(_ request: Request, _ context: RequestContext) async throws -> ClientID {
        let token = try BearerToken.required(request.headers)
        let caller = try await bearer.authorise(token.text, scope: Scope.latchkeyEvents)
        guard caller.record == nil else {
            throw Refusal(.insufficientScope, "Events are for services: use a token of the client itself.")
        }
        return caller.token.claims.clientID
    }

    /// A route of the event endpoints, behind the check.
    func route(
        _ method: HTTPRequest.Method, _ path: String, _ operation: String, isLongPoll: Bool = false,
        _ handler: @escaping Handler
    ) -> Route {
        Route(
            method, path, errors: .problem, access: .receiver, operation: operation, isLongPoll: isLongPoll,
            admits: receiver, handler: handler)
    }
}
