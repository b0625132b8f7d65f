import ArgumentParser
import Hummingbird
import LatchkeyVerifier
import Logging
import ServiceLifecycle

/// A tiny service that uses a Latchkey server's tokens: one verifier, one middleware, two routes.
@main
struct ExampleService: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "LatchkeyExampleService",
        abstract: "An orders service that accepts a Latchkey server's access tokens.",
        discussion: """
            GET /orders needs the scope orders:read, POST /orders?item=NAME the scope orders:write. GET /healthz answers \
            200 as soon as tokens can be accepted, 503 before that and while the revocation list is not fresh.
            """)

    @Option(help: "The issuer, as it appears in the tokens.")
    var issuer: String

    @Option(help: "The name under which tokens are issued for this service.")
    var audience: String

    @Option(help: "Listen on this port of 127.0.0.1.")
    var port = 8081

    @Option(help: "The name under which the server shows this service among its consumers.")
    var consumer: String?

    func run() async throws {
        let logger = Logger(label: "orders")
        var configuration = TokenVerifier.Configuration(issuer: issuer, audience: audience)
        configuration.consumer = consumer
        configuration.logger = logger
        let verifier = TokenVerifier(configuration)

        var application = Application(
            router: OrdersRoutes(verifier: verifier).router,
            configuration: .init(address: .hostname("127.0.0.1", port: port)), logger: logger)
        application.addServices(VerifierService(verifier: verifier))
        try await application.runService()
    }
}

/// Keeps keys and list current for as long as the service runs.
struct VerifierService: Service {
    let verifier: TokenVerifier

    func run() async {
        await cancelWhenGracefulShutdown { await verifier.run() }
    }
}
