import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// A page that may use the cookies of a client: its request carried what no foreign page can send. Every function that
/// reads or sets these cookies takes one, so a handler cannot forget the check.
struct ClientPage: Sendable {
    let client: Client
    fileprivate let fields: HTTPFields

    /// - Throws: `Refusal` `csrf_rejected`.
    init(_ request: Request, of client: Client) throws(Refusal) {
        try CSRFCheck.pass(request.headers, origins: client.origins)
        self.client = client
        fields = request.headers
    }

    /// A page where a user signs in.
    /// - Throws: also `Refusal` `cookie_transport_cross_site`.
    init(signingIn request: Request, to client: SignInClient) throws(Refusal) {
        try CSRFCheck.refuseCrossSite(request.headers)
        try self.init(request, of: client.client)
    }
}

/// The session cookies, for pages of their clients.
struct PageCookies: Sendable {
    private let refresh: RefreshCookie
    private let session: SessionCookie

    init(_ form: CookieForm) {
        refresh = RefreshCookie(form)
        session = SessionCookie(form)
    }

    // MARK: Refresh tokens

    func refreshToken(of page: ClientPage) -> String? { refresh.token(in: page.fields, for: page.client.id) }

    /// Sends the refresh token of a cookie session; without a new token the browser keeps its current cookie.
    /// - Parameter page: nil where tokens travel in bodies.
    func send(_ reply: TokenReply, to page: ClientPage?, _ context: RequestContext) {
        guard reply.transport == .cookie, let token = reply.refreshToken else { return }
        guard let page else { preconditionFailure("a cookie for a page that was not checked") }
        context.browser.setCookie(
            refresh.line(token, for: page.client.id, lifetime: reply.refreshExpiresIn ?? 0))
    }

    func clearRefreshToken(of page: ClientPage, _ context: RequestContext) {
        context.browser.setCookie(refresh.clearing(for: page.client.id))
    }

    /// Makes the browser forget the cookie of a session that has ended, if the request carried that same cookie: the
    /// browser may hold another one of the same client. It reveals nothing, so it accepts any request.
    func forget(_ id: SessionID, of client: ClientID, _ request: Request, _ context: RequestContext) {
        guard let text = refresh.token(in: request.headers, for: client), RefreshToken(text)?.session == id else {
            return
        }
        context.browser.setCookie(refresh.clearing(for: client))
    }

    // MARK: Sessions without JWT

    func sessionToken(of page: ClientPage) -> String? { session.token(in: page.fields) }

    func send(_ start: ServerSessionStart, to page: ClientPage?, _ context: RequestContext) {
        precondition(page != nil, "a cookie for a page that was not checked")
        context.browser.setCookie(session.line(start))
    }

    func clearSession(of page: ClientPage, _ context: RequestContext) {
        context.browser.setCookie(session.clearing)
    }
}
