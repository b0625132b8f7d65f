package import HTTPTypes
package import LatchkeyCore
import LatchkeyTokens
import Logging
package import NIOCore
package import NIOHTTP1

/// Everything behind the sockets: checks the target, attributes the request, finds its route and answers. It always
/// answers; the one closure that renders errors renders everything that a handler throws. The same value serves sockets
/// and, for commands without a running server, calls inside the process.
package final class HTTPService: Sendable {
    /// Renders a refusal or a fault in the path's format, including `Allow`, and logs faults. It must give no detail of
    /// anything but a `Refusal`.
    package typealias ErrorRenderer = @Sendable (any Error, RequestContext) -> Response

    /// A request that is read, checked and attributed, but not yet answered.
    package final class Prepared: Sendable {
        package let request: Request
        package let context: RequestContext

        init(request: Request, context: RequestContext) {
            self.request = request
            self.context = context
        }
    }

    /// The configuration of the service.
    package struct Settings: Sendable {
        package var trustedProxies = TrustedProxies()
        /// Whether the issuer is https, in which case HSTS is sent.
        package var isIssuerSecure = false
        package var limits = TransportLimits()

        package init() {}
    }

    package let routes: RouteTable
    /// Responses that may be sent again without another look at the request.
    let cache = AnswerCache()
    private let settings: Settings
    private let gates: Gates?
    private let cors: CORSLayer?
    private let metrics: RequestMetrics
    private let renderError: ErrorRenderer
    private let dates = HTTPDate()
    private let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - gates: the gates before the routes; without them all routes must be open.
    ///   - cors: which pages may read what; without it none may.
    ///   - now: Unix time in whole seconds, for the `Date` header.
    package init(
        routes: RouteTable,
        gates: Gates? = nil,
        settings: Settings = Settings(),
        cors: CORSLayer? = nil,
        metrics: RequestMetrics,
        now: @escaping @Sendable () -> Int64,
        renderError: @escaping ErrorRenderer
    ) {
        precondition(gates != nil || routes.routes.allSatisfy { $0.access == .open }, "a route without its gate")
        self.routes = routes
        self.gates = gates
        self.settings = settings
        self.cors = cors
        self.metrics = metrics
        self.renderError = renderError
        self.now = now
    }

    /// Whether many clients may be behind a socket's address, so that its connections are not counted against it.
    func sharesAddress(_ peer: ClientAddress) -> Bool { peer.isLoopback || settings.trustedProxies.trusts(peer) }

    /// The `Date` header's text.
    var date: String { dates.text(at: now()) }

    // MARK: Before the handler

    /// Checks and attributes a request; never fails, because a refusal travels in the context to the one renderer.
    package func prepare(
        _ head: HTTPRequestHead,
        body: ByteBuffer,
        source: RequestSource,
        refusal: Refusal? = nil,
        hasHead: Bool = true
    ) -> Prepared {
        var fields = HTTPFields()
        fields.reserveCapacity(head.headers.count)
        for (name, value) in head.headers {
            guard let name = HTTPField.Name(name) else { continue }
            fields.append(HTTPField(name: name, value: value))
        }
        return prepare(
            method: Self.method(head.method), target: head.uri, fields: fields, body: body, source: source,
            refusal: refusal, hasHead: hasHead
        )
    }

    /// The same for calls inside the process.
    package func prepare(
        method: HTTPRequest.Method,
        target: String,
        fields: HTTPFields,
        body: ByteBuffer,
        source: RequestSource,
        refusal: Refusal? = nil,
        hasHead: Bool = true
    ) -> Prepared {
        var refusal = refusal
        var path = "/"
        var query: String?
        var resource: RouteTable.Resource?
        var errorFormat = ErrorFormat.problem
        do {
            let target = try RequestTarget(target, maxBytes: settings.limits.maxTargetBytes)
            path = target.path
            query = target.query
            if hasHead { resource = routes.resolve(path) }
            errorFormat = resource?.errorFormat ?? Self.errorFormat(ofUnknown: path)
        } catch {
            if refusal == nil { refusal = error }
        }
        return Prepared(
            request: Request(method: method, query: query, headers: fields, body: body),
            context: RequestContext(
                source: source, attribution: settings.trustedProxies.attribute(source.peer, fields: fields), path: path,
                resource: resource, errorFormat: errorFormat, refusal: refusal)
        )
    }

    /// An unknown path below an OAuth endpoint's still answers in the OAuth format.
    private static func errorFormat(ofUnknown path: String) -> ErrorFormat {
        path.beginsWithBytes(of: "/oauth2/") ? .oauth : .problem
    }

    private static func method(_ method: HTTPMethod) -> HTTPRequest.Method {
        switch method {
        case .GET: .get
        case .POST: .post
        default: HTTPRequest.Method(method.rawValue) ?? .init("INVALID") ?? .trace
        }
    }

    // MARK: The handler and what stands around it

    /// Runs a prepared request. Cancelling the task reaches the handler.
    package func respond(to prepared: Prepared) async -> OutgoingResponse {
        let (request, context) = (prepared.request, prepared.context)
        let start = NIODeadline.now()
        var extra = HTTPFields()
        var response: Response
        if request.method == .options, let preflight = await cors?.preflight(request, context) {
            response = preflight
        } else {
            do {
                response =
                    if let route = try route(of: request, context) {
                        try await answer(route, request, context)
                    } else {
                        Self.options(context)
                    }
            } catch {
                response = renderError(error, context)
            }
            if let cors {
                // Nearly no request has an origin, and only those with one must wait for the list of all clients.
                extra =
                    if let fields = cors.fieldsWithoutOrigin(request, context) { fields } else {
                        await cors.fields(request, context, status: response.status)
                    }
            }
            if let challenge = ClientChallenge.field(response, request) { extra.append(challenge) }
            for cookie in context.browser.cookies { extra.append(HTTPField(name: .setCookie, value: cookie)) }
        }
        let elapsed = NIODeadline.now() - start
        let series = metrics.series(request.method, context.resource, status: response.status.code)
        series.count(nanoseconds: elapsed.nanoseconds)
        log(request, context, response, elapsed)
        return OutgoingResponse(
            response, extra: extra, isIssuerSecure: settings.isIssuerSecure, omitsBody: request.method == .head,
            requestID: context.requestID, date: date,
            reuse: response.isCurrent.map { OutgoingResponse.Reuse(isCurrent: $0, observation: series) })
    }

    /// The route of a request; nil where the path answers `OPTIONS` by itself.
    /// - Throws: the transport's refusal, 404 for an unknown path, 405 for a method that the path does not support.
    private func route(of request: Request, _ context: RequestContext) throws(Refusal) -> Route? {
        if let refusal = context.refusal { throw refusal }
        guard let resource = context.resource else { throw Gates.nothing }
        if let route = resource.route(for: request.method) { return route }
        // A proxy takes any 2xx of the route that grants leave as permission, whatever the method was.
        guard request.method == .options, !resource.grantsLeave else {
            throw Refusal(
                .methodNotAllowed, "This path does not support the method; the Allow header lists its methods.")
        }
        return nil
    }

    private static func options(_ context: RequestContext) -> Response {
        let allow = context.resource?.allowedMethods.map(\.rawValue).joined(separator: ", ") ?? ""
        return Response(status: .noContent, headers: [.allow: allow])
    }

    private func answer(_ route: Route, _ request: Request, _ context: RequestContext) async throws -> Response {
        if let gates { return try await gates.answer(route, request, context) }
        guard case .open(let work) = route.handler else { throw Gates.nothing }
        return try await work(try route.read(request), context)
    }

    /// One debug line per request: method, route template, status, time. No path, query, header or address, so that the
    /// log contains no secrets.
    private func log(_ request: Request, _ context: RequestContext, _ response: Response, _ elapsed: TimeAmount) {
        guard context.source.logger.logLevel <= .debug else { return }
        context.logger.debug(
            "Request answered",
            metadata: [
                "lk.method": "\(RequestMetrics.label(request.method))",
                "lk.route": "\(context.resource?.template ?? RequestMetrics.unmatched)",
                "lk.status": "\(response.status.code)",
                "lk.duration": "\(Duration.nanoseconds(elapsed.nanoseconds))",
            ]
        )
    }
}
