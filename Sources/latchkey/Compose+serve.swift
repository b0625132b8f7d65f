import Foundation
import LatchkeyCore
import LatchkeyHTTP
import Logging
import ServiceLifecycle
package import UnixSignals

extension Compose {
    /// Serves until SIGTERM or SIGINT: stops accepting, answers long polls at once, lets requests in flight finish for
    /// at most five seconds, closes the store.
    ///
    /// - Parameters:
    ///   - lock: of the data directory; held until everything is closed.
    ///   - ready: called once the server accepts connections.
    package static func serve(
        settings: EffectiveSettings, lock: InstanceLock, ready: @Sendable (ServerReady) async throws -> Void
    ) async throws {
        LineLogHandler.bootstrap(settings)
        let logger = Logger(label: "latchkey")
        let program = try await build(settings: settings, mayMigrate: true, logger: logger)
        do {
            try await program.noteRestore()
            try await program.noteClashes()
            try await program.serve(signals: [.sigterm, .sigint], ready: ready)
        } catch {
            logger.critical("Stopping because of a fault", metadata: ["lk.reason": "\(error)"])
            await program.shutdown()
            throw error
        }
        await program.shutdown()
        withExtendedLifetime(lock) {}
    }

    /// Runs sockets and background work until a graceful shutdown is triggered. Does not close the store.
    /// - Parameter signals: the signals that trigger a shutdown; none in tests, which cancel instead.
    package func serve(
        signals: [UnixSignal], ready: @Sendable (ServerReady) async throws -> Void
    ) async throws {
        try await bootstrapAdmin()
        let identity = try settings.tls.map {
            try TLSIdentity(certificatePath: $0.certificate, privateKeyPath: $0.privateKey)
        }
        var limits = TransportLimits()
        limits.maxConnections = DescriptorLimit.connections(of: DescriptorLimit.raise())
        let listeners = HTTPListeners(endpoints(identity), limits: limits, logger: logger)
        try await listeners.bind()
        if settings.core.login.precedence { try await grantPrecedence(listeners) }

        // Start order; shutdown runs in reverse, so the sockets close first and long polls are released before the
        // listeners wait for them.
        var running: [any Service] = [services.keys, services.upkeep]
        if let identity {
            certificate.serve(identity)
            running.append(CertificateReloader(identity: identity, clock: services.clock, logger: logger))
        }
        if let follower = services.follower { running.append(follower) }
        running += [listeners, services.feed, services.eventFeed]
        let watches = [opened.watch].compactMap { $0 }.map {
            ServiceGroupConfiguration.ServiceConfiguration(
                service: $0, failureTerminationBehavior: .gracefullyShutdownGroup)
        }
        let group = ServiceGroup(
            configuration: .init(services: watches + running.map { .init(service: $0) }, logger: logger))
        let stops = await UnixSignalsSequence(trapping: signals)
        let tcp = listeners.boundAddresses.filter { if case .tcp = $0 { true } else { false } }
        let publicCount = tcp.count - settings.adminListen.count
        try await ready(
            ServerReady(
                addresses: Array(tcp.prefix(max(publicCount, 0))),
                adminAddresses: Array(tcp.suffix(settings.adminListen.count)),
                hasUsers: try await hasUsers()))
        try await run(group, until: stops)
    }

    /// Runs until one of the signals arrives, the task is cancelled, or a service fails.
    private func run(_ group: ServiceGroup, until stops: UnixSignalsSequence) async throws {
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                for await signal in stops {
                    logger.info("Stopping", metadata: ["lk.reason": "\(signal)"])
                    await group.triggerGracefulShutdown()
                }
            }
            defer { tasks.cancelAll() }
            try await group.run()
        }
    }

    private func endpoints(_ identity: TLSIdentity?) -> [HTTPListeners.Endpoint] {
        // The default names both loopback addresses; a machine without IPv6 is served on the other one.
        let publicEndpoints = settings.listen.map {
            HTTPListeners.Endpoint(
                $0, service: http.publicService, tls: identity, isOptional: $0.isLoopback && settings.listen.count > 1
            )
        }
        let adminEndpoints = settings.adminListen.map {
            HTTPListeners.Endpoint(
                $0, service: http.adminService, tls: settings.speaksTLS(admin: $0) ? identity : nil)
        }
        return [.init(.unix(path: settings.dataDirectory.socketPath), service: http.operatorService)]
            + publicEndpoints + adminEndpoints
    }

    /// What writes first of all, because everything that waits for a commit waits for it.
    private func grantPrecedence(_ listeners: HTTPListeners) async throws {
        let writers = try await opened.threads().map { Precedence.Member(thread: $0, priority: 2) }
        let loops = try await listeners.threads().map { Precedence.Member(thread: $0, priority: 1) }
        guard !precedence.grant(writers + loops) else { return }
        logger.info("no real-time priorities: during a flood of logins, responses are delayed by some milliseconds")
    }

    /// The log of the restoring command is not kept, and readers of the server's log must know about the restore for a
    /// while.
    private func noteRestore() async throws {
        let recent = try await services.audit.page(AuditFilter(), PageRequest(limit: 100)).items
        guard let restore = recent.first(where: { $0.kind == .storeRestored }) else { return }
        logger.info(
            "Database was restored from a backup",
            metadata: [
                "lk.at": "\(LogTime.text(restore.at))", "lk.actor": "\(restore.actor.text)",
                "lk.sessions": "\(restore.details["sessions"] ?? "ended")",
            ])
    }

    /// The warning is repeated at each start until it is settled; nothing is refused meanwhile.
    private func noteClashes() async throws {
        for clash in try await services.clients.clashes() {
            logger.warning("A client id is reserved for the server", metadata: ["lk.reason": "\(clash)"])
        }
    }

    /// Counting them would take long where there are many.
    private func hasUsers() async throws -> Bool {
        try await !services.store.users(page: PageRequest(limit: 1)).items.isEmpty
    }

    /// The first administrator of a container, created once: only while there is no user at all.
    private func bootstrapAdmin() async throws {
        guard let bootstrap = settings.bootstrap else { return }
        // Before the file is read, which may be gone by then.
        guard try await !hasUsers() else { return }
        let admin = try BootstrapAdmin(bootstrap)
        do {
            let user = try await services.users.createFirst(
                name: admin.name, password: admin.password, roles: ["admin"], actor: .operator)
            // Of several nodes that start at once, another one was first.
            guard let user else { return }
            logger.info("first administrator created", metadata: ["lk.user": "\(user.id)"])
        } catch let refusal as Refusal {
            throw BootstrapAdmin.failure(refusal)
        }
    }
}
