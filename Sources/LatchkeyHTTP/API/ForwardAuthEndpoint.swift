import HTTPTypes
import LatchkeyBytes
package import LatchkeyCore
import LatchkeyTokens

/// `GET /forward-auth`: a reverse proxy asks whether the request that it holds may pass, and learns who sent it.
///
/// The operator writes the query, so a mistake in it, such as an unknown name or an empty value, is reported (400):
/// either would let in callers that it was meant to keep out. Everything else comes from a stranger, and ends as 200,
/// 401 or 403 without a body, the only responses that all proxies understand. Only GET: each of the proxies uses it,
/// whatever the method of the original request.
struct ForwardAuthEndpoint: Sendable {
    let forward: ForwardAuthorizer

    var route: Route { Route(.get, PublicPath.forwardAuth, "forwardAuth", .forwarded(handle)) }

    private func handle(
        _ request: Request, _ context: RequestContext, _ credential: ForwardedCredential?
    ) async throws -> Response {
        let question = try ForwardAuthQuestion(request.parameters)
        switch try await forward.judge(credential, question.demand) {
        case .allowed(let identity):
            return Response(status: .ok, headers: identity.fields)
        case .forbidden:
            return Self.refusal(.forbidden, "error=\"insufficient_scope\"", scope: question.demand.scope)
        case .unauthenticated:
            if question.redirects, let location = question.startPath(for: request) {
                return Response(status: .found, headers: [.location: location, .cacheControl: "no-store"])
            }
            guard case .bearer = credential else { return Self.refusal(.unauthorized, nil, scope: Scope()) }
            return Self.refusal(.unauthorized, "error=\"invalid_token\"", scope: Scope())
        }
    }

    private static func refusal(_ status: HTTPResponse.Status, _ error: String?, scope: Scope) -> Response {
        var challenge = "Bearer realm=\"latchkey\""
        if let error { challenge += ", \(error)" }
        // scope-token has neither quotes nor backslashes (RFC 6749 3.3).
        if !scope.isEmpty { challenge += ", scope=\"\(scope)\"" }
        return Response(status: status, headers: [.wwwAuthenticate: challenge, .cacheControl: "no-store"])
    }
}

/// The query of `/forward-auth`, validated.
package struct ForwardAuthQuestion: Sendable {
    package let demand: ForwardDemand
    /// Whether a browser without a session is sent to sign in.
    package let redirects: Bool

    /// - Throws: `Refusal` `invalid_request` that says what the operator must change.
    package init(_ parameters: RequestParameters) throws(Refusal) {
        var demand = ForwardDemand()
        if let text = parameters["client_id"] {
            guard let id = ClientID(text) else {
                throw Refusal(.invalidRequest, "The parameter client_id is not a client id.")
            }
            demand.client = id
        }
        demand.audience = parameters["audience"]
        guard demand.client != nil || demand.audience != nil else {
            throw Refusal(
                .invalidRequest, "Give client_id or audience: otherwise tokens for any other service would pass.")
        }
        if let text = parameters["scope"] {
            guard let scope = Scope(text) else {
                throw Refusal(.invalidRequest, "The parameter scope must be scope names separated by single spaces.")
            }
            demand.scope = scope
        }
        demand.roles = parameters.all("role")
        demand.mintsToken = try Self.flag("token", parameters)
        redirects = try Self.flag("redirect", parameters)
        guard !redirects || demand.client != nil else {
            throw Refusal(.invalidRequest, "The parameter redirect needs client_id: it says where to sign in.")
        }
        self.demand = demand
    }

    /// Only `1` switches on: any other value is an error, not a no.
    private static func flag(_ name: String, _ parameters: RequestParameters) throws(Refusal) -> Bool {
        guard let text = parameters[name] else { return false }
        guard text == "1" else { throw Refusal(.invalidRequest, "The parameter \(name) must be 1 or absent.") }
        return true
    }

    /// Where a browser signs in, if this request is for a page that a person looks at.
    func startPath(for request: Request) -> String? {
        let method = request.headers[values: .xForwardedMethod].first ?? "GET"
        guard let client = demand.client, method == "GET",
            AcceptHeader.names("text/html", in: request.headers)
        else { return nil }
        let returnTo = LocalPath(forwardedIn: request.headers) ?? .root
        return URLQuery.appended(
            to: "/latchkey/start", [("client_id", client.description), ("return_to", returnTo.description)])
    }
}

extension ForwardedIdentity {
    /// The identity as header fields. All of them are always present, including empty ones, so that a proxy overwrites
    /// anything that a client sent under these names.
    fileprivate var fields: HTTPFields {
        var fields: HTTPFields = [
            .latchkeySubject: subject, .latchkeySession: session?.description ?? "",
            .latchkeyClient: client.description, .latchkeyScope: scope.description,
            .latchkeyRoles: roles.joined(separator: " "),
            // Any letters of any script, which header fields cannot carry.
            .latchkeyUser: userName.map({ PercentEncoding.encode($0) }) ?? "", .cacheControl: "no-store",
        ]
        if let token { fields[.latchkeyToken] = String(decoding: token, as: UTF8.self) }
        return fields
    }
}

extension HTTPField.Name {
    // The names are valid tokens; the fallbacks only satisfy the failable initialiser.
    fileprivate static let latchkeySubject = HTTPField.Name("X-Latchkey-Subject") ?? .server
    fileprivate static let latchkeySession = HTTPField.Name("X-Latchkey-Session") ?? .server
    fileprivate static let latchkeyClient = HTTPField.Name("X-Latchkey-Client") ?? .server
    fileprivate static let latchkeyScope = HTTPField.Name("X-Latchkey-Scope") ?? .server
    fileprivate static let latchkeyRoles = HTTPField.Name("X-Latchkey-Roles") ?? .server
    fileprivate static let latchkeyUser = HTTPField.Name("X-Latchkey-User") ?? .server
    fileprivate static let latchkeyToken = HTTPField.Name("X-Latchkey-Token") ?? .server
    fileprivate static let xForwardedMethod = HTTPField.Name("X-Forwarded-Method") ?? .server
}
