package import HTTPTypes
import LatchkeyTokens

/// Who may call a route. The gate itself stands in the handlers; the table states it for OpenAPI and for the test that
/// walks all routes.
package enum RouteAccess: String, Sendable, CaseIterable {
    /// Anyone, without credentials.
    case anyone
    /// Whoever `revocations.access` admits.
    case services
    /// OAuth clients, by client authentication or by `client_id` alone when public.
    case clients
    /// Any live access token of ours.
    case bearer
    /// The cookie of a server session.
    case session
    /// What a reverse proxy passes on of the original request: that cookie, or any live access token of ours.
    case forwarded
    /// A token with scope `latchkey:account`.
    case account
    /// A token with scope `latchkey:admin`, or the Unix socket.
    case admin
    /// A client's own token with scope `latchkey:events`.
    case receiver
}

/// One method on one path.
package struct Route: Sendable {
    package typealias Handler = @Sendable (Request, RequestContext) async throws -> Response

    package let method: HTTPRequest.Method
    /// Absolute path with `{name}` for a captured segment, as OpenAPI writes it.
    package let template: String
    package let errorFormat: ErrorFormat
    package let access: RouteAccess
    /// OpenAPI's `operationId`; unique in the table.
    package let operationID: String
    /// Whether the handler may wait for long. Its task is cancelled when the client goes away or the server drains, and
    /// must then answer at once with what it has.
    package let isLongPoll: Bool
    /// Reads the query by the route's rule, then does the work.
    package let handler: Handler

    /// A route whose handler has its own gate. Where that wants an access token, whoever shows none is told so, and not
    /// what is wrong with the query: a token in it counts for nothing.
    /// - Parameter query: what the query may hold; what the API document says of the route, unless told otherwise.
    package init(
        _ method: HTTPRequest.Method,
        _ template: String,
        errors errorFormat: ErrorFormat,
        access: RouteAccess,
        operation operationID: String,
        isLongPoll: Bool = false,
        query: QueryRule? = nil,
        handler: @escaping Handler
    ) {
        self.init(
            method, template, errors: errorFormat, access: access, operation: operationID, isLongPoll: isLongPoll,
            query: query,
            admits: { request, _ in
                if access == .bearer || access == .account { _ = try BearerToken.required(request.headers) }
            },
            handler: { request, context, _ in try await handler(request, context) })
    }

    /// A route behind a gate: nothing of the request but its credentials is looked at until the gate has let it pass.
    /// - Parameters:
    ///   - query: as in the other initialiser.
    ///   - admits: throws for whoever may not pass, and tells the handler who did.
    init<Caller: Sendable>(
        _ method: HTTPRequest.Method,
        _ template: String,
        errors errorFormat: ErrorFormat,
        access: RouteAccess,
        operation operationID: String,
        isLongPoll: Bool = false,
        query: QueryRule? = nil,
        admits: @escaping @Sendable (Request, RequestContext) async throws -> Caller,
        handler: @escaping @Sendable (Request, RequestContext, Caller) async throws -> Response
    ) {
        self.method = method
        self.template = template
        self.errorFormat = errorFormat
        self.access = access
        self.operationID = operationID
        self.isLongPoll = isLongPoll
        let query = query ?? .documented(OpenAPIDocument.key(method, template))
        self.handler = { request, context in
            let caller = try await admits(request, context)
            var request = request
            request.parameters = try query.read(request.query)
            return try await handler(request, context, caller)
        }
    }
}

/// All routes of a server: the one list that requests, the 405 answers, the metrics labels, OpenAPI and the tests read.
package struct RouteTable: Sendable {
    /// A path template with everything that is registered under it.
    package struct Resource: Sendable {
        package let template: String
        package let errorFormat: ErrorFormat
        /// In the order of registration, `HEAD` not listed.
        package let routes: [Route]
        fileprivate let segments: [Substring.UTF8View]

        /// The methods that get an answer, for `Allow`: `HEAD` beside `GET`, and `OPTIONS` where it is answered.
        package var allowedMethods: [HTTPRequest.Method] {
            let own = routes.map(\.method)
            return own + (own.contains(.get) ? [.head] : []) + (grantsLeave ? [] : [.options])
        }

        /// Whether a reverse proxy takes any 2xx of this path for leave to pass a request on.
        var grantsLeave: Bool { routes.contains { $0.access == .forwarded } }

        /// The route for a method; `HEAD` finds the `GET` route.
        package func route(for method: HTTPRequest.Method) -> Route? {
            routes.first { $0.method == method || (method == .head && $0.method == .get) }
        }

        /// The part of a matched path at the template's `{name}`, still percent-encoded.
        func segment(_ name: String, of path: String) -> Substring? {
            let index = segments.firstIndex { segment in
                Self.isCapture(segment) && segment.dropFirst().dropLast().elementsEqual(name.utf8)
            }
            guard let index, case let parts = RouteTable.segments(of: path), index < parts.count else { return nil }
            return Substring(parts[index])
        }

        fileprivate func matches(_ path: [Substring.UTF8View]) -> Bool {
            guard path.count == segments.count else { return false }
            return zip(segments, path).allSatisfy { segment, part in
                Self.isCapture(segment) ? !part.isEmpty : segment.elementsEqual(part)
            }
        }

        fileprivate var isFixed: Bool { !segments.contains(where: Self.isCapture) }

        private static func isCapture(_ segment: Substring.UTF8View) -> Bool {
            segment.first == UInt8(ascii: "{")
        }
    }

    package let resources: [Resource]
    private let fixed: [String: Resource]
    private let captured: [Resource]

    /// Every method and template pair, and every operation id, must be unique: a repetition is a bug of ours.
    package init(_ routes: [Route]) {
        var order: [String] = []
        var grouped: [String: [Route]] = [:]
        for route in routes {
            if grouped[route.template] == nil { order.append(route.template) }
            precondition(
                grouped[route.template, default: []].allSatisfy { $0.method != route.method },
                "\(route.method) \(route.template) is registered twice"
            )
            grouped[route.template, default: []].append(route)
        }
        precondition(Set(routes.map(\.operationID)).count == routes.count, "an operation id is used twice")
        resources = order.map { template in
            let routes = grouped[template] ?? []
            return Resource(
                template: template,
                errorFormat: routes.first?.errorFormat ?? .problem,
                routes: routes,
                segments: Self.segments(of: template)
            )
        }
        fixed = Dictionary(uniqueKeysWithValues: resources.filter(\.isFixed).map { ($0.template, $0) })
        captured = resources.filter { !$0.isFixed }
    }

    /// All routes, resource by resource.
    package var routes: [Route] { resources.flatMap(\.routes) }

    private static func segments(of path: String) -> [Substring.UTF8View] {
        path.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    }

    /// The resource that a judged path, which is ASCII, names: exactly, case and trailing slash included. Fixed templates win.
    package func resolve(_ path: String) -> Resource? {
        if let resource = fixed[path] { return resource }
        let segments = Self.segments(of: path)
        return captured.first { $0.matches(segments) }
    }
}
