import LatchkeyCore
import LatchkeyTokens

/// Runs the handlers of routes, each behind the gate of its kind. Nothing else runs them.
///
/// Where an access token is required, nothing else of a request is looked at before the token was accepted: a caller
/// without a token, or with a bad one, is told so, and not what is wrong with the query.
///
/// A class, like the gates: the services in them are large values, which would be copied for each request.
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

    /// The response of a route's handler.
    ///
    /// One method for each kind: the frame of an asynchronous function has room for everything that any of its branches
    /// holds, and every request would pay for the largest.
    /// - Throws: `Refusal` of the gate or the handler, and faults.
    func answer(_ route: Route, _ request: Request, _ context: RequestContext) async throws -> Response {
        switch route.handler {
        case .open(let work): try await work(try route.read(request), context)
        case .client(let rule, let work): try await client(rule, work, try route.read(request), context)
        case .application(let work): try await application(work, try route.read(request), context)
        case .firstParty(let work): try await firstParty(work, try route.read(request), context)
        case .listReader(let work): try await listReader(work, route, request, context)
        case .bearer(let work): try await bearer(work, route, request, context)
        case .userInfo(let work): try await userInfo(work, try route.read(request), context)
        case .account(let work): try await account(work, route, request, context)
        case .receiver(let work): try await receiver(work, route, request, context)
        case .admin(_, let work): try await administrator(work, route, request, context)
        case .operator(let work): try await `operator`(work, route, request, context)
        case .session(let work): try await session(work, try route.read(request), context)
        case .begunSignIn(let work): try await begunSignIn(work, try route.read(request), context)
        case .forwarded(let work):
            try await work(try route.read(request), context, sessions.forwarded(request))
        }
    }

    /// The refusal of an unknown path.
    static let nothing = Refusal(.notFound, "There is nothing at this path.")
}

// MARK: Credentials in the body, in a cookie, or in one of several places

extension Gates {
    private func client(
        _ rule: ClientForm.Rule, _ work: Route.Work<ClientForm>, _ request: Request, _ context: RequestContext
    ) async throws -> Response {
        try await work(request, context, try await clients.form(request, rule, context))
    }

    private func application(
        _ work: Route.Work<ApplicationRequest>, _ request: Request, _ context: RequestContext
    ) async throws -> Response {
        try await work(request, context, try await clients.application(request, context))
    }

    private func firstParty(
        _ work: Route.Work<FirstPartyRequest>, _ request: Request, _ context: RequestContext
    ) async throws -> Response {
        try await work(request, context, try await clients.firstParty(request, context))
    }

    private func session(
        _ work: Route.Work<ServerSession>, _ request: Request, _ context: RequestContext
    ) async throws -> Response {
        try await work(request, context, try await sessions.session(request))
    }

    private func begunSignIn(
        _ work: Route.Work<BegunSignIn>, _ request: Request, _ context: RequestContext
    ) async throws -> Response {
        try await work(request, context, try sessions.begunSignIn(request))
    }
}

// MARK: Access tokens, before the query is read

extension Gates {
    private func listReader(
        _ work: Route.Work<ClientID?>, _ route: Route, _ request: Request, _ context: RequestContext
    ) async throws -> Response {
        let caller = try await listReaders.admit(request, context)
        return try await work(try route.read(request), context, caller)
    }

    private func bearer(
        _ work: Route.Work<AuthorisedCaller>, _ route: Route, _ request: Request, _ context: RequestContext
    ) async throws -> Response {
        let caller = try await tokens.bearer(request, context)
        return try await work(try route.read(request), context, caller)
    }

    /// The one path where a token may be elsewhere than in the header: what the query and the form hold is looked at
    /// first, to refuse a token in a place where logs keep it, and two of them.
    private func userInfo(
        _ work: Route.Work<UserInfoCaller>, _ request: Request, _ context: RequestContext
    ) async throws -> Response {
        try await work(request, context, try await tokens.userInfo(request, context))
    }

    private func account(
        _ work: Route.Work<SessionRecord>, _ route: Route, _ request: Request, _ context: RequestContext
    ) async throws -> Response {
        let caller = try await tokens.account(request, context)
        return try await work(try route.read(request), context, caller)
    }

    private func receiver(
        _ work: Route.Work<ClientID>, _ route: Route, _ request: Request, _ context: RequestContext
    ) async throws -> Response {
        let caller = try await tokens.receiver(request)
        return try await work(try route.read(request), context, caller)
    }

    private func administrator(
        _ work: Route.Work<Actor>, _ route: Route, _ request: Request, _ context: RequestContext
    ) async throws -> Response {
        let caller = try await tokens.administrator(request, context)
        return try await work(try route.read(request), context, caller)
    }

    private func `operator`(
        _ work: Route.Work<Actor>, _ route: Route, _ request: Request, _ context: RequestContext
    ) async throws -> Response {
        guard context.isLocalOperator else { throw Self.nothing }
        return try await work(try route.read(request), context, .operator)
    }
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
