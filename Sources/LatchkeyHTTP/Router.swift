import HTTPTypes
package import LatchkeyCore
import LatchkeyTokens
import Logging
import NIOCore
import NIOHTTP1

/// All routes and layers, assembled for the three places where requests come from.
///
/// Layers from the outside in: request id, security headers, access log, metrics (all in ``HTTPService``), CORS, the
/// Basic challenge, cookies, error rendering, route guard. Deadlines bound the reading of a request and the writing of its
/// answer, never the handler, so a long poll needs no exemption.
package struct LatchkeyRouter: Sendable {
    /// For `listen`: everything, or without admin API and metrics when those have an address of their own.
    package let publicService: HTTPService
    /// For `admin.listen`: admin API, metrics, health.
    package let adminService: HTTPService
    /// For the Unix socket and for commands inside this process: everything.
    package let operatorService: HTTPService

    /// Builds routes and prebuilt documents. No I/O.
    package init(services: Services, settings: HTTPSettings = HTTPSettings()) {
        let trouble = StoreTrouble(clock: services.clock)
        let operations = AdminRouter.operationsRoutes(
            services, metrics: settings.metrics,
            surroundings: Readiness.Surroundings(
                trouble: trouble, freeBytes: settings.freeBytes ?? { nil },
                isStoreLost: settings.isStoreLost ?? { false },
                certificate: settings.certificate, droppedLogLines: settings.droppedLogLines,
                patience: settings.readinessPatience))
        let admin = AdminRouter.adminRoutes(services) + operations.metrics
        let everything = Self.publicRoutes(services) + operations.health + admin
        let described = everything + [OpenAPIEndpoint.route(describing: everything, issuer: services.settings.issuer)]
        let service = { (routes: [Route]) in Self.service(routes, services, settings, trouble) }

        operatorService = service(described)
        if settings.separateAdmin {
            let open = Self.publicRoutes(services) + operations.health
            publicService = service(
                open + [OpenAPIEndpoint.route(describing: open, issuer: services.settings.issuer)])
            adminService = service(admin + operations.health)
        } else {
            publicService = operatorService
            adminService = operatorService
        }
    }

    /// What clients, applications and services use.
    private static func publicRoutes(_ services: Services) -> [Route] {
        let cookie = RefreshCookie(issuer: services.settings.issuer)
        let session = SessionCookie(issuer: services.settings.issuer)
        return MetadataEndpoint(settings: services.settings).routes
            + RevocationsEndpoint(services: services).routes
            + SharedSignalsRoutes.routes(services)
            + (StatusListEndpoint(services: services)?.routes ?? [])
            + [
                KeySetEndpoint(services: services).route,
                TokenEndpoint(services: services).route,
                RevocationEndpoint(services: services).route,
                IntrospectionEndpoint(services: services).route,
                LoginEndpoint(services: services, cookie: cookie, session: session).route,
                RefreshEndpoint(services: services, cookie: cookie).route,
                LogoutEndpoint(services: services, cookie: cookie, session: session).route,
                MeEndpoint(services: services).route,
                PasswordEndpoint(services: services, cookie: cookie).route,
                OwnAccountEndpoint(services: services, cookie: cookie).route,
                SessionEndpoint(services: services, cookie: session).route,
                StartEndpoint(services: services, cookie: session).route,
                CallbackEndpoint(services: services, cookie: session).route,
                ForwardAuthEndpoint(services: services, cookie: session).route,
            ]
            + OwnSessionsEndpoint(services: services, cookie: cookie).routes
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
            routes: RouteTable(routes), settings: transport,
            cors: CORSLayer(
                policy: CORSPolicy(publicPaths: publicPaths(services.settings)), services: services),
            metrics: settings.metrics, now: { clock.now().seconds },
            renderError: { error, context in render(error, context, trouble) })
    }

    /// What every page may read.
    private static func publicPaths(_ settings: Settings) -> Set<String> {
        var paths = Set(AuthorizationServerMetadata(issuer: settings.issuer).paths)
        paths.formUnion(["/.well-known/jwks.json", "/openapi.json"])
        if settings.revocations.access == .public {
            paths.formUnion(["/revocations", "/revocations.jwt"])
            if settings.statusList.enabled { paths.formUnion(StatusListEndpoint.templates) }
        }
        return paths
    }

    /// Logs what is a fault of ours, and renders.
    private static func render(_ error: any Error, _ context: RequestContext, _ trouble: StoreTrouble) -> Response {
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
        var response = ErrorRenderer.render(error, context)
        if context.errorFormat == .oauth { response.headers[.pragma] = "no-cache" }
        if response.status == .methodNotAllowed, let resource = context.resource {
            response.headers[.allow] = resource.allowedMethods.map(\.rawValue).joined(separator: ", ")
        }
        return response
    }
}

extension LatchkeyRouter {
    /// An answer to the operator.
    package struct Answer: Sendable {
        package let status: Int
        package let body: [UInt8]
    }

    /// One request inside this process, as the operator: no socket, no token, the same routes and rules.
    /// - Parameters:
    ///   - path: with query, percent-encoded.
    ///   - body: JSON.
    package func respond(method: String, path: String, body: [UInt8]?) async -> Answer {
        let source = RequestSource(
            logger: Logger(label: "latchkey.http"), peer: nil, isTLS: false, isLocalOperator: true)
        let prepared = operatorService.prepare(
            method: HTTPRequest.Method(method) ?? .trace, target: path,
            fields: body == nil ? [:] : [.contentType: "application/json"], body: ByteBuffer(bytes: body ?? []),
            source: source)
        let response = await operatorService.respond(to: prepared)
        return Answer(
            status: Int(response.status.code), body: Array(response.body.readableBytesView))
    }
}
