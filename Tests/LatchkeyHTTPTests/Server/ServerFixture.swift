import Dispatch
import Foundation
import Glibc
import HTTPTypes
import LatchkeyCore
import LatchkeyHTTP
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import TestSupport
import Waiting

/// A running server with a handful of routes, for tests of everything before and around a handler.
struct ServerFixture: Sendable {
    let listeners: HTTPListeners
    let group: ServiceGroup
    let metrics: RequestMetrics

    /// The metrics of requests as text.
    func scrape() -> String {
        var page = PrometheusPage()
        metrics.write(to: &page)
        return page.text
    }

    var addresses: [ListenAddress] { listeners.boundAddresses }

    var port: Int {
        if case .tcp(_, let port) = addresses.first { port } else { 0 }
    }

    /// Asks the server to go down.
    func shutDown() async { await group.triggerGracefulShutdown() }

    /// Starts a server, runs `body`, shuts the server down and waits for its end.
    static func run<Result: Sendable>(
        _ addresses: [ListenAddress] = [.tcp(host: "127.0.0.1", port: 0)],
        routes: [Route] = [],
        limits: TransportLimits = TransportLimits(),
        trustedProxies: TrustedProxies = TrustedProxies(),
        isIssuerSecure: Bool = false,
        tls: TLSIdentity? = nil,
        logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        body: @Sendable (ServerFixture) async throws -> Result
    ) async throws -> Result {
        // Of its own: deadlines of a tenth of a second must not wait for what the servers of other tests do.
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { loops.shutdownGracefully { _ in } }
        let metrics = RequestMetrics()
        var settings = HTTPService.Settings()
        settings.limits = limits
        settings.trustedProxies = trustedProxies
        settings.isIssuerSecure = isIssuerSecure
        let service = HTTPService(
            routes: RouteTable(routes + standardRoutes), settings: settings, metrics: metrics, now: { 784_111_777 },
            renderError: renderError
        )
        let listeners = HTTPListeners(
            addresses.map { HTTPListeners.Endpoint($0, service: service, tls: tls, isOptional: $0 == .optionalIPv6) },
            limits: limits, logger: logger, group: loops
        )
        try await listeners.bind()
        let group = ServiceGroup(configuration: .init(services: [.init(service: listeners)], logger: logger))
        let fixture = ServerFixture(listeners: listeners, group: group, metrics: metrics)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            do {
                let result = try await body(fixture)
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
                return result
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
        }
    }

    /// `/echo` gives the body back, `/who` the attribution, `/things/{name}` the captured name, `/fault` fails.
    static let standardRoutes: [Route] = [
        Route.open(.post, "/echo", operation: "echo") { request, _ in
            Response(status: .ok, body: request.body)
        },
        Route.open(.get, "/who", operation: "who") { _, context in
            let client = context.clientAddress?.description ?? "operator"
            return text("\(client) \(context.isLocalOperator) \(context.isTLS) \(context.unconfiguredProxy != nil)")
        },
        Route.open(.get, "/things/{name}", operation: "thing") { _, context in
            text(try context.pathParameter("name"))
        },
        Route.open(.post, "/oauth2/token", errors: .oauth, operation: "token") { _, _ in text("token") },
        Route.open(.get, "/fault", operation: "fault") { _, _ in
            throw Fault(secret: "planted-secret")
        },
    ]

    struct Fault: Error { let secret: String }

    static func text(_ text: String) -> Response {
        Response(status: .ok, headers: [.contentType: "text/plain"], body: ByteBuffer(string: text))
    }

    /// The format in front of the code, so that tests see both.
    @Sendable private static func renderError(_ error: any Error, _ context: RequestContext) -> Response {
        guard let refusal = error as? Refusal else {
            return Response(status: .internalServerError, body: ByteBuffer(string: "fault"))
        }
        let status: HTTPResponse.Status =
            switch refusal.code {
            case .notFound: .notFound
            case .methodNotAllowed: .methodNotAllowed
            case .payloadTooLarge: .contentTooLarge
            case .headersTooLarge: .requestHeaderFieldsTooLarge
            case .requestTimeout: .requestTimeout
            case .notImplemented: .notImplemented
            default: .badRequest
            }
        var response = text("\(context.errorFormat) \(refusal.code.rawValue)")
        response.status = status
        if refusal.code == .methodNotAllowed, let resource = context.resource {
            response.headers[.allow] = resource.allowedMethods.map(\.rawValue).joined(separator: ", ")
        }
        return response
    }
}

extension ListenAddress {
    static let optionalIPv6 = ListenAddress.tcp(host: "::1", port: 0)
}

/// Runs blocking work on a thread of its own, away from the threads that the server's tasks need.
func blocking<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
    try await OwnThread.run("blocking", work)
}

/// A fresh folder, removed afterwards.
func withTemporaryFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let path = NSTemporaryDirectory() + "latchkey-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

/// Runs a program found on the PATH and returns its standard output; fails when it cannot be run.
func runProgram(_ arguments: [String], input: Data? = nil) async throws -> (status: Int32, output: String) {
    try await withTemporaryFolder { folder in
        let files = (input: folder + "/in", output: folder + "/out")
        try (input ?? Data()).write(to: URL(fileURLWithPath: files.input))
        let child = try ChildProcess(arguments, input: files.input, output: files.output)
        let status = try await child.exit()
        let output = try Data(contentsOf: URL(fileURLWithPath: files.output))
        return (status, String(decoding: output, as: UTF8.self))
    }
}
