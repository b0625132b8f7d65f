package import HTTPTypes
package import Hummingbird
package import LatchkeyCore
package import Metrics
package import NIOCore
package import NIOHTTP1

/// Everything behind the sockets: judges the target, attributes the request, and runs it through middleware and routes.
/// Answers always; whatever a handler throws is rendered by the one closure that renders errors. The same value serves
/// sockets and, for commands without a running server, calls inside the process.
package struct HTTPService: Sendable {
    /// Renders a refusal or a fault in the path's format, `Allow` included, and logs faults. Must give no detail of
    /// anything but a `Refusal`.
    package typealias ErrorRenderer = @Sendable (any Error, RequestContext) -> Response

    /// A request that is read, judged and attributed, but not yet answered.
    package struct Prepared: Sendable {
        package let request: Request
        package let context: RequestContext
    }

    /// What the service is told by configuration.
    package struct Settings: Sendable {
        package var trustedProxies = TrustedProxies()
        /// Whether the issuer is https, which is when HSTS is sent.
        package var isIssuerSecure = false
        package var limits = TransportLimits()

        package init() {}
    }

    package let routes: RouteTable
    private let responder: RouterResponder<RequestContext>
    private let settings: Settings
    private let renderError: ErrorRenderer
    private let dates = HTTPDate()
    private let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - middleware: runs outside of error rendering, so that it sees (CORS: may decorate) error responses too.
    ///   - now: Unix time in whole seconds, for the `Date` header.
    package init(
        routes: RouteTable,
        settings: Settings = Settings(),
        middleware: [any MiddlewareProtocol<Request, Response, RequestContext>] = [],
        metrics: any MetricsFactory,
        now: @escaping @Sendable () -> Int64,
        renderError: @escaping ErrorRenderer
    ) {
        self.routes = routes
        self.settings = settings
        self.renderError = renderError
        self.now = now
        let router = Router(context: RequestContext.self)
        router.add(middleware: RequestIDMiddleware())
        router.add(middleware: SecurityHeadersMiddleware(isIssuerSecure: settings.isIssuerSecure))
        router.add(middleware: AccessLogMiddleware())
        router.add(middleware: MetricsMiddleware(factory: metrics))
        for layer in middleware { router.add(middleware: layer) }
        router.add(middleware: ErrorMiddleware(render: renderError))
        router.add(middleware: RouteGuardMiddleware())
        routes.register(in: router)
        responder = router.buildResponder()
    }

    /// Whether many clients may stand behind a socket's address, so that its connections are not counted against it.
    func sharesAddress(_ peer: ClientAddress) -> Bool { peer.isLoopback || settings.trustedProxies.trusts(peer) }

    /// Judges and attributes a request; never fails, since a refusal travels in the context to the one renderer.
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
            method: HTTPRequest.Method(head.method.rawValue) ?? .init("INVALID") ?? .trace,
            target: head.uri, fields: fields, body: body, source: source, refusal: refusal, hasHead: hasHead
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
        var source = source
        source.requestID = RequestID()
        source.refusal = refusal
        var path = "/"
        do {
            let target = try RequestTarget(target, maxBytes: settings.limits.maxTargetBytes)
            path = target.query.map { "\(target.path)?\($0)" } ?? target.path
            if hasHead { source.resource = routes.resolve(target.path) }
            source.errorFormat = source.resource?.errorFormat ?? Self.errorFormat(ofUnknown: target.path)
        } catch {
            if source.refusal == nil { source.refusal = error }
        }
        settings.trustedProxies.attribute(&source, fields: fields)
        let head = HTTPRequest(method: method, scheme: nil, authority: nil, path: path, headerFields: fields)
        return Prepared(
            request: Request(head: head, body: RequestBody(buffer: body)),
            context: RequestContext(source: source)
        )
    }

    /// A path below an OAuth endpoint's that names nothing still answers like its neighbours.
    private static func errorFormat(ofUnknown path: String) -> ErrorFormat {
        path.hasPrefix("/oauth2/") ? .oauth : .problem
    }

    /// Runs a prepared request. Cancelling the task reaches the handler.
    package func respond(to prepared: Prepared) async -> OutgoingResponse {
        let omitsBody = prepared.request.method == .head
        do {
            var response = try await responder.respond(to: prepared.request, context: prepared.context)
            response.headers[.date] = dates.text(at: now())
            return try await OutgoingResponse(response, omitsBody: omitsBody)
        } catch {
            return await fault(error, prepared.context)
        }
    }

    private func fault(_ error: any Error, _ context: RequestContext) async -> OutgoingResponse {
        do {
            return try await OutgoingResponse(renderError(error, context), omitsBody: false)
        } catch {
            return OutgoingResponse(internalServerErrorWith: HTTPHeaders([("Content-Length", "0")]))
        }
    }
}

extension OutgoingResponse {
    fileprivate init(internalServerErrorWith fields: HTTPHeaders) {
        self.init(status: .internalServerError, fields: fields, body: [])
    }

    private init(status: HTTPResponseStatus, fields: HTTPHeaders, body: [ByteBuffer]) {
        self.status = status
        self.fields = fields
        self.body = body
    }
}
