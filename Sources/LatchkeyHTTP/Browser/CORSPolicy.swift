package import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// Which page of which origin may read a response (Fetch standard, CORS). Pure: paths, methods and origins in, header
/// fields out.
package struct CORSPolicy: Sendable {
    /// Path templates that every page may read, without credentials.
    private let publicPaths: Set<String>

    /// Path templates whose responses also depend on `Sec-Fetch-Site`.
    private static let cookiePaths: Set<String> = [PublicPath.login, PublicPath.refresh, PublicPath.logout]

    /// The methods that preflights of other paths allow. More than the path has, so that a page with the wrong method
    /// can read the refusal: letting a page send a request is not doing what it asks.
    private static let methods = "GET, POST, PUT, PATCH, DELETE"

    /// - Parameter publicPaths: templates of the route table.
    package init(publicPaths: Set<String>) {
        self.publicPaths = publicPaths
    }

    /// Who may read the response of a path.
    package enum Readers: Sendable, Equatable {
        /// Every page, without credentials.
        case everyone
        /// Pages of the request's own client, with credentials.
        case client
        /// No page of another origin.
        case nobody
    }

    /// The readers of a path. Nil for a path that does not exist and for paths of clients: a developer who misspells a
    /// path must be able to see that.
    package func readers(of resource: RouteTable.Resource?) -> Readers {
        guard let resource else { return .client }
        if publicPaths.contains(resource.template) { return .everyone }
        let isForClients = resource.routes.contains { route in
            switch route.access {
            case .client, .application, .firstParty, .bearer, .userInfo, .account, .admin: true
            // For the application's own backend, for proxies and for the machine itself.
            case .session, .begunSignIn, .forwarded, .operator: false
            case .open, .listReader, .receiver: resource.template.hasPrefix("/api/")
            }
        }
        return isForClients ? .client : .nobody
    }

    /// The response to a preflight. A preflight names no client, so it covers the origins of all clients.
    /// - Parameter isRegistered: whether the origin is one of them.
    package func preflight(_ resource: RouteTable.Resource?, origin: String, isRegistered: Bool) -> HTTPFields {
        var fields = HTTPFields()
        let readers = readers(of: resource)
        if readers != .everyone {
            fields[.vary] = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
        }
        switch readers {
        case .everyone:
            fields[.accessControlAllowOrigin] = "*"
            fields[.accessControlAllowHeaders] = "Accept, If-None-Match"
            fields[.accessControlAllowMethods] = resource?.allowedMethods.filter { $0 != .options }.map(\.rawValue)
                .joined(separator: ", ")
        case .client where isRegistered:
            fields[.accessControlAllowOrigin] = origin
            fields[.accessControlAllowCredentials] = "true"
            // Swagger UI and older libraries send X-Requested-With when they redeem a code.
            fields[.accessControlAllowHeaders] =
                "Accept, Authorization, Content-Type, X-Latchkey-CSRF, X-Requested-With"
            fields[.accessControlAllowMethods] = Self.methods
        case .client, .nobody:
            return fields
        }
        fields[.accessControlMaxAge] = "600"
        return fields
    }

    /// The fields on the response to the request itself.
    /// - Parameters:
    ///   - resource: nil for an unknown path.
    ///   - origin: the `Origin` header, if there is exactly one.
    ///   - mayRead: whether a page of that origin may read the response; matters only on paths for clients.
    package func answer(_ resource: RouteTable.Resource?, origin: String?, mayRead: Bool) -> HTTPFields {
        switch readers(of: resource) {
        case .everyone:
            return Self.forEveryone
        case .client:
            let isForCookies = resource.map { Self.cookiePaths.contains($0.template) } ?? false
            var fields = isForCookies ? Self.forCookies : Self.forClients
            guard let origin, mayRead else { return fields }
            fields.append(HTTPField(name: .accessControlAllowOrigin, value: origin))
            fields.append(HTTPField(name: .accessControlAllowCredentials, value: "true"))
            fields.append(
                HTTPField(name: .accessControlExposeHeaders, value: "Retry-After, WWW-Authenticate, X-Request-Id"))
            return fields
        case .nobody:
            return HTTPFields()
        }
    }

    private static let forEveryone: HTTPFields = [
        .accessControlAllowOrigin: "*", .accessControlExposeHeaders: "ETag, Retry-After, X-Request-Id",
    ]
    private static let forClients: HTTPFields = [.vary: "Origin"]
    private static let forCookies: HTTPFields = [.vary: "Origin, Sec-Fetch-Site"]
}

/// Answers preflights and marks responses by ``CORSPolicy``, so that a page of the right origin can read a refusal too.
/// Nothing else sets these fields.
package struct CORSLayer: Sendable {
    private let policy: CORSPolicy
    private let directory: ClientDirectory
    private let issuer: String
    private let unknown: UnknownOrigins

    init(policy: CORSPolicy, directory: ClientDirectory, issuer: String, clock: Clock) {
        self.policy = policy
        self.directory = directory
        self.issuer = issuer
        unknown = UnknownOrigins(clock: clock)
    }

    /// The response to a preflight; nil for every other request, and for an unknown path from a page of no client.
    func preflight(_ request: Request, _ context: RequestContext) async -> Response? {
        guard request.method == .options, let origin = Self.origin(request),
            request.headers.contains(.accessControlRequestMethod), context.resource?.grantsLeave != true
        else { return nil }
        // Without a database no page is let in; the request itself will report the fault.
        let isRegistered =
            policy.readers(of: context.resource) == .client ? await isRegistered(origin, request, context) : false
        guard context.resource != nil && context.refusal == nil || isRegistered else { return nil }
        return Response(
            status: .noContent,
            headers: policy.preflight(context.resource, origin: origin, isRegistered: isRegistered))
    }

    /// The fields on the response to a request without an origin; nil when the request has one.
    func fieldsWithoutOrigin(_ request: Request, _ context: RequestContext) -> HTTPFields? {
        request.headers.contains(.origin) ? nil : policy.answer(context.resource, origin: nil, mayRead: false)
    }

    /// The fields on the response to any other request.
    func fields(_ request: Request, _ context: RequestContext, status: HTTPResponse.Status) async -> HTTPFields {
        let origin = Self.origin(request)
        var mayRead = false
        if let origin, policy.readers(of: context.resource) == .client {
            mayRead = await self.mayRead(origin, request, context, status)
        }
        return policy.answer(context.resource, origin: origin, mayRead: mayRead)
    }

    /// The pages of the request's own client may read its responses. A refusal before a client is known may be read by
    /// the pages of every client. Otherwise a page could not see its own mistake.
    ///
    /// This holds with credentials, too: pages with a cookie session send the cookie with each request, and would
    /// otherwise see nothing. It is safe because such a refusal depends only on what the page sent. A browser adds only
    /// cookies by itself, and no cookie is looked at before the client is known.
    private func mayRead(
        _ origin: String, _ request: Request, _ context: RequestContext, _ status: HTTPResponse.Status
    ) async -> Bool {
        if let own = context.browser.origins {
            if own.containsBytes(of: origin) { return true }
            _ = await isRegistered(origin, request, context)
            return false
        }
        let isRegistered = await isRegistered(origin, request, context)
        return isRegistered && status.code >= 400
    }

    /// Whether a client has the origin. If none has, the operator is told.
    private func isRegistered(_ origin: String, _ request: Request, _ context: RequestContext) async -> Bool {
        guard let origins = try? await directory.origins() else { return false }
        if origins.contains(origin) { return true }
        // The server's own pages need no permission, and neither do those of a proxied application.
        let isSameOrigin =
            issuer.equalsBytes(of: origin) || issuer.beginsWithBytes(of: origin + "/")
            || request.headers[values: .secFetchSite].containsBytes(of: "same-origin")
        if !isSameOrigin { unknown.note(origin, among: origins, logger: context.logger) }
        return false
    }

    private static func origin(_ request: Request) -> String? {
        let sent = request.headers[values: .origin]
        return sent.count == 1 ? sent[0] : nil
    }
}
