import HTTPTypes
import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens

/// `GET /start`, reached as `/latchkey/start` of the application's host: begins a sign-in at the client's login page,
/// which may be on another host. The ticket in the cookie binds its outcome to this browser.
struct StartEndpoint: Sendable {
    let directory: ClientDirectory
    let masterKeys: MasterKeyRing
    let clock: Clock
    let cookie: SessionCookie
    let issuer: String

    var route: Route { Route(.get, PublicPath.start, "startSignIn", query: .tolerant, .open(handle)) }

    private func handle(_ request: Request, _ context: RequestContext) async throws -> Response {
        let query = request.parameters
        guard let id = ClientID(try query.required("client_id")),
            let client = try await directory.client(id), !client.disabled, client.allowsServerSessions
        else {
            throw Refusal(.invalidRequest, "There is no client with this client_id whose users have server sessions.")
        }
        let ticket = StartTicket(
            client: id, redirectURI: try redirectURI(query["redirect_uri"], of: client),
            returnTo: try returnTo(query["return_to"], request.headers), now: clock.now())
        context.browser.setCookie(cookie.startLine(try ticket.sealed(keys: masterKeys)))
        var parameters = [
            ("client_id", id.description), ("redirect_uri", ticket.redirectURI), ("state", ticket.state),
        ]
        if let page = client.loginURI { return .seeOther(URLQuery.appended(to: page, parameters)) }
        // Without a page of its own, an ordinary client of the authorization endpoint.
        parameters += [
            ("response_type", "code"), ("code_challenge", try ticket.challenge(keys: masterKeys)),
            ("code_challenge_method", "S256"),
        ]
        return .seeOther(URLQuery.appended(to: issuer + PublicPath.authorize, parameters))
    }

    private func redirectURI(_ asked: String?, of client: Client) throws(Refusal) -> String {
        if let asked {
            guard client.redirectURIs.containsBytes(of: asked) else {
                throw Refusal(
                    .invalidRequest, "This redirect_uri does not exactly match one that is registered for the client.")
            }
            return asked
        }
        guard client.redirectURIs.count == 1 else {
            throw Refusal(.invalidRequest, "The client does not have exactly one redirect URI: give redirect_uri.")
        }
        return client.redirectURIs[0]
    }

    /// The path in the link; without it the one that the proxy reports for the request that brought the browser here.
    private func returnTo(_ asked: String?, _ fields: HTTPFields) throws(Refusal) -> LocalPath {
        guard let asked else { return LocalPath(forwardedIn: fields) ?? .root }
        guard let path = LocalPath(asked) else {
            throw Refusal(
                .invalidRequest,
                "The parameter return_to must be a path on this host: exactly one slash first, at most 2048 characters."
            )
        }
        return path
    }
}

extension LocalPath {
    /// The path that the browser asked the proxy for. Nil when there is none, or when it leads here again.
    init?(forwardedIn fields: HTTPFields) {
        let sent = fields[values: .xForwardedURI]
        guard sent.count == 1, !sent[0].beginsWithBytes(of: "/latchkey/") else { return nil }
        self.init(sent[0])
    }
}

extension HTTPField.Name {
    /// The original request's target, as Traefik, Caddy and our nginx recipes pass it.
    static let xForwardedURI = HTTPField.Name("X-Forwarded-Uri") ?? .server
}
