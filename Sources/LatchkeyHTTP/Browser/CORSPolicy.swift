package import HTTPTypes
import LatchkeyCore

/// Which page of which origin may read an answer (Fetch standard, CORS). Pure: paths, methods and origins in, header
/// fields out.
package struct CORSPolicy: Sendable {
    /// Path templates that every page may read, without credentials.
    private let publicPaths: Set<String>

    /// Path templates whose answers also depend on `Sec-Fetch-Site`.
    private static let cookiePaths: Set<String> = ["/api/v1/login", "/api/v1/refresh", "/api/v1/logout"]

    /// - Parameter publicPaths: templates of the route table.
    package init(publicPaths: Set<String>) {
        self.publicPaths = publicPaths
    }

    /// Who may read what is at a path.
    package enum Readers: Sendable, Equatable {
        /// Every page, without credentials.
        case everyone
        /// Pages of the request's own client, with credentials.
        case client
        /// No page of another origin.
        case nobody
    }

    /// The readers of a path.
    package func readers(of resource: RouteTable.Resource) -> Readers {
        if publicPaths.contains(resource.template) { return .everyone }
        let isForClients = resource.routes.contains { route in
            switch route.access {
            case .clients, .bearer, .account, .admin: true
            // For the application's own backend and for proxies.
            case .session, .forwarded: false
            case .anyone, .services, .receiver: resource.template.hasPrefix("/api/")
            }
        }
        return isForClients ? .client : .nobody
    }

    /// The answer to a preflight. It names no client, so it is for the union of all clients' origins.
    package func preflight(_ resource: RouteTable.Resource, origin: String, known origins: Set<String>) -> HTTPFields {
        var fields = HTTPFields()
        let readers = readers(of: resource)
        if readers != .everyone {
            fields[.vary] = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
        }
        switch readers {
        case .everyone:
            fields[.accessControlAllowOrigin] = "*"
            fields[.accessControlAllowHeaders] = "Accept, If-None-Match"
        case .client where origins.contains(origin):
            fields[.accessControlAllowOrigin] = origin
            fields[.accessControlAllowCredentials] = "true"
            fields[.accessControlAllowHeaders] = "Accept, Authorization, Content-Type, X-Latchkey-CSRF"
        case .client, .nobody:
            return fields
        }
        fields[.accessControlAllowMethods] =
            resource.allowedMethods.filter { $0 != .options }.map(\.rawValue).joined(separator: ", ")
        fields[.accessControlMaxAge] = "600"
        return fields
    }

    /// What the answer to a request itself carries.
    /// - Parameters:
    ///   - origin: the `Origin` header, when there is exactly one.
    ///   - origins: those of the request's own client.
    package func answer(_ resource: RouteTable.Resource, origin: String?, client origins: [String]) -> HTTPFields {
        var fields = HTTPFields()
        switch readers(of: resource) {
        case .everyone:
            fields.append(HTTPField(name: .accessControlAllowOrigin, value: "*"))
            fields.append(HTTPField(name: .accessControlExposeHeaders, value: "ETag, Retry-After, X-Request-Id"))
        case .client:
            fields.append(
                HTTPField(
                    name: .vary,
                    value: Self.cookiePaths.contains(resource.template) ? "Origin, Sec-Fetch-Site" : "Origin"))
            guard let origin, origins.contains(origin) else { break }
            fields.append(HTTPField(name: .accessControlAllowOrigin, value: origin))
            fields.append(HTTPField(name: .accessControlAllowCredentials, value: "true"))
            fields.append(
                HTTPField(name: .accessControlExposeHeaders, value: "Retry-After, WWW-Authenticate, X-Request-Id"))
        case .nobody:
            break
        }
        return fields
    }
}

/// Answers preflights and marks answers by ``CORSPolicy``, so that a page of the right origin can read a refusal too.
package struct CORSLayer: Sendable {
    private let policy: CORSPolicy
    private let directory: ClientDirectory

    init(policy: CORSPolicy, directory: ClientDirectory) {
        self.policy = policy
        self.directory = directory
    }

    /// The answer to a preflight; nil for every other request.
    func preflight(_ request: Request, _ context: RequestContext) async -> Response? {
        guard request.method == .options, context.refusal == nil, let resource = context.resource,
            let origin = Self.origin(request), request.headers.contains(.accessControlRequestMethod)
        else { return nil }
        // Without a database nobody is let in; the request itself will tell what is wrong.
        let known = (try? await directory.origins()) ?? []
        return Response(status: .noContent, headers: policy.preflight(resource, origin: origin, known: known))
    }

    /// What the answer to any other request carries.
    func fields(_ request: Request, _ context: RequestContext) -> HTTPFields {
        guard context.refusal == nil, let resource = context.resource else { return HTTPFields() }
        return policy.answer(resource, origin: Self.origin(request), client: context.browser.origins)
    }

    private static func origin(_ request: Request) -> String? {
        let sent = request.headers[values: .origin]
        return sent.count == 1 ? sent[0] : nil
    }
}
