import LatchkeyCore
import LatchkeyTokens

/// Runs the handlers of routes, each behind the gate of its kind. Nothing else runs them.
///
/// Where an access token is asked for, nothing of a request but that is looked at before it was found good: whoever shows
/// none, or a bad one, is told so and not what is wrong with the query.
///
/// A class, as the gates are: the services in them are large values, which would be copied for each request.
package final class Gates: Sendable {
    private let clients: ClientGate
    private let tokens: TokenGate
    private let listReaders: ListReaderGate
    private let sessions: SessionGate

    init(clients: ClientGate, tokens: TokenGate, listReaders: ListReaderGate, sessions: SessionGate) {
        self.clients = clients
        self.tokens = tokens
        self.listReaders = listReaders
        self.sessions = sessions
    }

    /// The answer of a route's handler.
    /// - Throws: `Refusal` of the gate or the handler, and faults.
    func answer(_ route: Route, _ request: Request, _ context: RequestContext) async throws -> Response {
        switch route.handler {
        case .open(let work):
            return try await work(try route.read(request), context)
        case .client(let rule, let work):
            let request = try route.read(request)
            return try await work(request, context, try await clients.form(request, rule, context))
        case .application(let work):
            let request = try route.read(request)
            return try await work(request, context, try await clients.application(request, context))
        case .firstParty(let work):
            let request = try route.read(request)
            return try await work(request, context, try await clients.firstParty(request, context))
        case .listReader(let work):
            let request = try route.read(request)
            return try await work(request, context, try await listReaders.admit(request, context))
        case .bearer(let work):
            let caller = try await tokens.bearer(request, context)
            return try await work(try route.read(request), context, caller)
        case .account(let work):
            let caller = try await tokens.account(request, context)
            return try await work(try route.read(request), context, caller)
        case .receiver(let work):
            let caller = try await tokens.receiver(request)
            return try await work(try route.read(request), context, caller)
        case .admin(_, let work):
            let caller = try await tokens.administrator(request, context)
            return try await work(try route.read(request), context, caller)
        case .operator(let work):
            guard context.isLocalOperator else { throw Self.nothing }
            return try await work(try route.read(request), context, .operator)
        case .session(let work):
            let request = try route.read(request)
            return try await work(request, context, try await sessions.session(request))
        case .begunSignIn(let work):
            let request = try route.read(request)
            return try await work(request, context, try sessions.begunSignIn(request))
        case .forwarded(let work):
            let request = try route.read(request)
            return try await work(request, context, sessions.forwarded(request))
        }
    }

    /// The refusal of a path that names nothing.
    static let nothing = Refusal(.notFound, "There is nothing at this path.")
}

extension Route {
    /// The request with its query read by the route's rule.
    /// - Throws: `Refusal` `invalid_request`.
    func read(_ request: Request) throws(Refusal) -> Request {
        var request = request
        request.parameters = try query.read(request.query)
        return request
    }
}
