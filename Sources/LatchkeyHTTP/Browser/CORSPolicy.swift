package import HTTPTypes
import Hummingbird
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
            fields[.accessControlAllowOrigin] = "*"
            fields[.accessControlExposeHeaders] = "ETag, Retry-After, X-Request-Id"
        case .client:
            fields[.vary] = Self.cookiePaths.contains(resource.template) ? "Origin, Sec-Fetch-Site" : "Origin"
            guard let origin, origins.contains(origin) else { break }
            fields[.accessControlAllowOrigin] = origin
            fields[.accessControlAllowCredentials] = "true"
            fields[.accessControlExposeHeaders] = "Retry-After, WWW-Authenticate, X-Request-Id"
        case .nobody:
            break
        }
        return fields
    }
}

/// Answers preflights and marks answers by ``CORSPolicy``. Stands outside of the error rendering, so that a page of the
/// right origin can read a refusal too.
struct CORSMiddleware: RouterMiddleware {
    typealias Context = RequestContext

    let policy: CORSPolicy
    let directory: ClientDirectory

    func handle(
        _ request: Request,
        context: RequestContext,
        next: @concurrent (Request, RequestContext) async throws -> Response
    ) async throws -> Response {
        let sent = request.headers[values: .origin]
        let origin = sent.count == 1 ? sent[0] : nil
        guard let resource = context.resource, context.source.refusal == nil else {
            return try await next(request, context)
        }
        if request.method == .options, let origin, request.headers.contains(.accessControlRequestMethod) {
            // Without a database nobody is let in; the request itself will tell what is wrong.
            let known = (try? await directory.origins()) ?? []
            return Response(
                status: .noContent, headers: policy.preflight(resource, origin: origin, known: known))
        }
        var response = try await next(request, context)
        for field in policy.answer(resource, origin: origin, client: context.browser.origins) {
            response.merge(field)
        }
        return response
    }
}

/// Sends the cookies that a handler noted, with a refusal as well as with a success.
struct CookieMiddleware: RouterMiddleware {
    typealias Context = RequestContext

    func handle(
        _ request: Request,
        context: RequestContext,
        next: @concurrent (Request, RequestContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        let cookies = context.browser.cookies
        if !cookies.isEmpty { response.headers[values: .setCookie] = cookies }
        return response
    }
}

extension Response {
    /// Sets a field; `Vary` is extended, since handlers have their own reasons to vary.
    fileprivate mutating func merge(_ field: HTTPField) {
        if field.name == .vary, let own = headers[.vary] {
            headers[.vary] = "\(own), \(field.value)"
        } else {
            headers[field.name] = field.value
        }
    }
}
