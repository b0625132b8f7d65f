import HTTPTypes
package import LatchkeyCore
import LatchkeyTokens
import Logging
import NIOCore
import NIOHTTP1

/// All routes and layers, assembled for the three sources of requests.
///
/// Layers from the outside in: request id, security headers, access log, metrics (all in ``HTTPService``), CORS, the
/// Basic challenge, cookies, error rendering, route guard. Deadlines limit the reading of a request and the writing of
/// its response, never the handler, so a long poll needs no exemption.
package struct HTTPAssembly: Sendable {
    /// For `listen`: everything, but without admin API and metrics if those have an address of their own.
    package let publicService: HTTPService
    /// For `admin.listen`: admin API, metrics, health.
    package let adminService: HTTPService
    /// For the Unix socket and for commands inside this process: everything.
    package let operatorService: HTTPService

    /// Builds routes and prebuilt documents. No I/O.
    package init(services: Services, settings: HTTPSettings = HTTPSettings()) {
        let trouble = StoreTrouble(clock: services.clock)
        let surroundings = Readiness.Surroundings(
            trouble: trouble, freeBytes: settings.freeBytes ?? { nil },
            isStoreLost: settings.isStoreLost ?? { false }, certificate: settings.certificate,
            droppedLogLines: settings.droppedLogLines, patience: settings.readinessPatience)
        // One for all listeners: the caches behind it keep a flood of probes cheap.
        let operations = OperationsEndpoint(
            health: services.health, clock: services.clock, gauges: ScrapedGauges.Sources(services),
            metrics: settings.metrics, surroundings: surroundings)
        let open = PublicRoutes.routes(services) + operations.healthRoutes
        let admin = AdminRoutes.routes(services) + operations.metricsRoutes
        let everything = open + admin
        // Pages are for people; no program calls them.
        let described =
            everything + settings.pages
            + [OpenAPIEndpoint.route(describing: everything, issuer: services.settings.issuer)]
        let service = { (routes: [Route]) in Self.service(routes, services, settings, trouble) }

        operatorService = service(described)
        if settings.separateAdmin {
            publicService = service(
                open + settings.pages
                    + [OpenAPIEndpoint.route(describing: open, issuer: services.settings.issuer)])
            adminService = service(admin + operations.healthRoutes)
        } else {
            publicService = operatorService
            adminService = operatorService
        }
    }

    private static func service(
        _ routes: [Route], _ services: Services, _ settings: HTTPSettings, _ trouble: StoreTrouble
    ) -> HTTPService {
        var transport = HTTPService.Settings()
        transport.trustedProxies = settings.trustedProxies
        transport.isIssuerSecure = services.settings.issuer.hasPrefix("https://")
        transport.limits = settings.limits
        let clock = services.clock
        return HTTPService(
            routes: RouteTable(routes), gates: gates(services), settings: transport,
            cors: CORSLayer(
                policy: CORSPolicy(publicPaths: publicPaths(services.settings)), directory: services.clientDirectory,
                issuer: services.settings.issuer, clock: clock),
            metrics: settings.metrics, now: { clock.now().seconds },
            renderError: { [show = settings.showError] error, context in render(error, context, trouble, show) })
    }

    static func gates(_ services: Services) -> Gates {
        let clients = ClientGate(directory: services.clientDirectory, authenticator: services.clientAuthenticator)
        return Gates(
            clients: clients, tokens: TokenGate(bearer: services.bearer, directory: services.clientDirectory),
            listReaders: ListReaderGate(
                access: services.settings.revocations.access, bearer: services.bearer, clients: clients),
            sessions: SessionGate(
                sessions: services.sessions, cookie: SessionCookie(CookieForm(issuer: services.settings.issuer)),
                issuer: services.settings.issuer, masterKeys: services.masterKeyRing, clock: services.clock))
    }

    /// The paths that every page may read.
    private static func publicPaths(_ settings: Settings) -> Set<String> {
        var paths = Set(AuthorizationServerMetadata(issuer: settings.issuer).paths)
        paths.formUnion([PublicPath.openIDConfiguration, PublicPath.keySet, PublicPath.openAPI])
        if settings.revocations.access == .public {
            paths.formUnion([PublicPath.revocations, PublicPath.signedRevocations])
            if settings.statusList.enabled { paths.formUnion(StatusListEndpoint.templates) }
        }
        return paths
    }

    /// Logs faults of ours, and renders.
    private static func render(
        _ error: any Error, _ context: RequestContext, _ trouble: StoreTrouble,
        _ show: (@Sendable (Refusal?, RequestContext) -> Response)?
    ) -> Response {
        if let refusal = error as? Refusal {
            if let note = refusal.note {
                context.logger.debug(
                    "Request refused", metadata: ["lk.code": "\(refusal.code.rawValue)", "lk.note": "\(note)"])
            }
        } else if error is StoreUnavailable {
            trouble.note(error, logger: context.logger)
        } else if Refusal(telling: error) == nil {
            context.logger.error("A request failed", metadata: ["lk.error": "\(error)"])
        }
        var response =
            if context.errorFormat == .page, let show {
                show(Refusal(telling: error), context)
            } else {
                ErrorRenderer.render(error, context)
            }
        if response.status == .methodNotAllowed, let resource = context.resource {
            response.headers[.allow] = resource.allowedMethods.map(\.rawValue).joined(separator: ", ")
        }
        return response
    }
}

extension HTTPAssembly {
    /// One request inside this process, as the operator: no socket, no token, the same routes and rules.
    /// - Parameters:
    ///   - path: with query, percent-encoded.
    ///   - body: JSON.
    package func respond(method: String, path: String, body: [UInt8]?) async -> HTTPAnswer {
        let source = RequestSource(
            logger: Logger(label: "latchkey.http"), peer: nil, isTLS: false, isLocalOperator: true)
        let prepared = operatorService.prepare(
            method: HTTPRequest.Method(method) ?? .trace, target: path,
            fields: body == nil ? [:] : [.contentType: "application/json"], body: ByteBuffer(bytes: body ?? []),
            source: source)
        let response = await operatorService.respond(to: prepared)
        return HTTPAnswer(
            status: Int(response.status.code), contentType: response.field(.contentType),
            body: Array(response.body.readableBytesView), location: response.field(.location))
    }
}

/// A response as its caller sees it, over a socket or inside the process.
package struct HTTPAnswer: Sendable {
    package let status: Int
    package let contentType: String?
    package let body: [UInt8]
    /// The target of a redirect; nothing here follows it.
    package let location: String?

    package init(status: Int, contentType: String?, body: [UInt8], location: String?) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.location = location
    }
}
