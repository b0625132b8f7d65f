package import HTTPTypes
package import LatchkeyCore
package import LatchkeyTokens

/// One method on one path: who may call it, and what answers it.
///
/// The two are one value (``Handler``), and there is no other way to make a route. A handler gets the caller that its
/// kind's gate has let through. So a handler can neither forget its gate nor be behind another one than OpenAPI says.
package struct Route: Sendable {
    package let method: HTTPRequest.Method
    /// Absolute path with `{name}` for a captured segment, as OpenAPI writes it.
    package let template: String
    /// OpenAPI's `operationId`; unique in the table.
    package let operationID: String
    package let errorFormat: ErrorFormat
    /// Whether the handler may wait for a long time. Its task is cancelled when the client goes away or the server
    /// drains, and must then answer at once with what it has.
    package let isLongPoll: Bool
    /// Whether the work of a `GET` also answers `HEAD`. Not where it issues, spends or ends something: previews of links
    /// and scanners of mail ask with `HEAD`, and must change nothing.
    package let answersHead: Bool
    /// What the query may contain.
    let query: QueryRule
    /// Only ``Gates`` runs it.
    let handler: Handler

    /// - Parameter query: by default what the API document says about the route.
    package init(
        _ method: HTTPRequest.Method, _ template: String, _ operationID: String,
        errors errorFormat: ErrorFormat = .problem,
        query: QueryRule? = nil, isLongPoll: Bool = false, answersHead: Bool = true, _ handler: Handler
    ) {
        if case .admin(let use) = handler.access {
            precondition(
                (use == .reads) == (method == .get), "\(operationID): a route that changes something cannot be a GET")
        }
        self.method = method
        self.template = template
        self.operationID = operationID
        self.errorFormat = errorFormat
        self.isLongPoll = isLongPoll
        self.answersHead = answersHead && method == .get
        self.query = query ?? .documented(OpenAPIDocument.key(method, template))
        self.handler = handler
    }

    /// Who may call it.
    package var access: RouteAccess { handler.access }
}

extension Route {
    /// The work for a caller that was let through.
    package typealias Work<Caller> = @Sendable (Request, RequestContext, Caller) async throws -> Response

    /// The handler, and the gate before it. Each case is one kind of ``RouteAccess``.
    package enum Handler: Sendable {
        case open(@Sendable (Request, RequestContext) async throws -> Response)
        case client(ClientForm.Rule, Work<ClientForm>)
        case application(Work<ApplicationRequest>)
        case firstParty(Work<FirstPartyRequest>)
        case listReader(Work<ClientID?>)
        case bearer(Work<AuthorisedCaller>)
        case userInfo(Work<UserInfoCaller>)
        case account(Work<SessionRecord>)
        case receiver(Work<ClientID>)
        case admin(RouteAccess.AdminUse, Work<Actor>)
        case `operator`(Work<Actor>)
        case session(Work<ServerSession>)
        case begunSignIn(Work<BegunSignIn>)
        case forwarded(Work<ForwardedCredential?>)

        var access: RouteAccess {
            switch self {
            case .open: .open
            case .client: .client
            case .application: .application
            case .firstParty: .firstParty
            case .listReader: .listReader
            case .bearer: .bearer
            case .userInfo: .userInfo
            case .account: .account
            case .receiver: .receiver
            case .admin(let use, _): .admin(use)
            case .operator: .operator
            case .session: .session
            case .begunSignIn: .begunSignIn
            case .forwarded: .forwarded
            }
        }
    }
}
