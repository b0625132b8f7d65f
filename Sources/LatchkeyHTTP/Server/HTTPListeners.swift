package import Glibc
package import Logging
package import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Serves on several addresses at once. Bound with ``bind()`` or, at the latest, by ``run()``. At graceful shutdown it
/// stops accepting, lets requests in flight finish within `limits.shutdownGrace`, and removes its Unix socket.
///
/// Directly on NIO rather than on a framework's server: deadlines, shared drain, certificate reload and errors for
/// malformed HTTP need the pipeline.
package final class HTTPListeners: Service, Sendable {
    /// One address and the service behind it.
    package struct Endpoint: Sendable {
        package var address: ListenAddress
        package var service: HTTPService
        /// TLS with HTTP/2 by ALPN; nil for plain HTTP/1.1. Ignored on a Unix socket.
        package var tls: TLSIdentity?
        /// Whether the address may be missing from the machine (`[::1]` where IPv6 is off): then it is skipped with a
        /// log line. An address in use is an error anyway.
        package var isOptional: Bool

        package init(_ address: ListenAddress, service: HTTPService, tls: TLSIdentity? = nil, isOptional: Bool = false)
        {
            self.address = address
            self.service = service
            self.tls = tls
            self.isOptional = isOptional
        }
    }

    private struct Listener {
        let address: ListenAddress
        let channel: any Channel
    }

    /// How many connections the system keeps until they are accepted. A client that finds no place tries again after
    /// one second, two, four: thousands of pollers that come back at once would need many attempts. The system may
    /// allow fewer (`net.core.somaxconn`).
    private static let backlog: CInt = 4096

    private let endpoints: [Endpoint]
    private let limits: TransportLimits
    private let logger: Logger
    private let group: any EventLoopGroup
    private let executors: EventLoopExecutors
    private let connections = ConnectionTable()
    private let budget: ConnectionBudget
    private let shared: ConnectionSetup.Shared
    private let listeners = Mutex<[Listener]?>(nil)

    package init(
        _ endpoints: [Endpoint],
        limits: TransportLimits = TransportLimits(),
        logger: Logger,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        self.endpoints = endpoints
        self.limits = limits
        self.logger = logger
        self.group = group
        executors = EventLoopExecutors(group)
        // One more than may stay: the one for which another is closed.
        budget = ConnectionBudget(limit: limits.maxConnections + 1, limitPerNetwork: limits.maxConnectionsPerAddress)
        shared = ConnectionSetup.Shared(limits: limits)
    }

    /// The served addresses with their actual ports, in the order of the endpoints; empty before ``bind()``.
    package var boundAddresses: [ListenAddress] { listeners.withLock { $0 ?? [] }.map(\.address) }

    /// HTTP/2 streams that are open beyond one for each connection.
    package var furtherStreams: Int { shared.streams.open }

    /// The threads of all event loops; they exist as long as those do.
    package func threads() async throws -> [pthread_t] {
        var threads: [pthread_t] = []
        for loop in group.makeIterator() { threads.append(try await loop.submit { pthread_self() }.get()) }
        return threads
    }

    /// Binds all addresses or none, and serves from here on.
    /// - Throws: ``ListenError`` naming the address.
    package func bind() async throws {
        var bound: [Listener] = []
        do {
            for endpoint in endpoints {
                guard let listener = try await listen(endpoint) else { continue }
                bound.append(listener)
            }
            if bound.isEmpty, let first = endpoints.first { throw ListenError(.addressUnavailable, first.address) }
        } catch {
            for listener in bound { await close(listener) }
            throw error
        }
        listeners.withLock { $0 = bound }
    }

    /// Serves until graceful shutdown or cancellation.
    package func run() async throws {
        if listeners.withLock({ $0 == nil }) { try await bind() }
        try? await gracefulShutdown()
        await shutDown()
    }

    private func shutDown() async {
        for listener in listeners.withLock({ $0 ?? [] }) { await close(listener) }
        connections.drain()
        let connections = connections
        let grace = Duration.nanoseconds(limits.shutdownGrace.nanoseconds)
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Ends early when the last connection is gone, and when this service itself is cancelled.
                try? await Task.sleep(for: grace)
                connections.closeAll()
            }
            await connections.waitUntilEmpty()
            group.cancelAll()
        }
    }

    private func close(_ listener: Listener) async {
        try? await listener.channel.close()
        if case .unix(let path) = listener.address { UnixListeningSocket.unlinkSocket(path) }
    }

    // MARK: Binding

    private func listen(_ endpoint: Endpoint) async throws -> Listener? {
        do {
            switch endpoint.address {
            case .tcp(let host, let port):
                let channel = try await bootstrap(endpoint).bind(host: host, port: port).get()
                return Listener(address: .tcp(host: host, port: channel.localAddress?.port ?? port), channel: channel)
            case .unix(let path):
                let descriptor = try UnixListeningSocket.open(path, backlog: Self.backlog)
                return Listener(
                    address: endpoint.address,
                    channel: try await bootstrap(endpoint).withBoundSocket(descriptor).get()
                )
            }
        } catch {
            let error = Self.explain(error, endpoint.address)
            guard endpoint.isOptional, error.code == .addressUnavailable else { throw error }
            logger.info(
                "Address skipped because this machine does not have it", metadata: ["lk.listen": "\(endpoint.address)"])
            return nil
        }
    }

    private static func explain(_ error: any Error, _ address: ListenAddress) -> ListenError {
        if let error = error as? ListenError { return error }
        guard let error = error as? IOError else {
            return ListenError(.failed, address, reason: "the host name cannot be resolved.")
        }
        switch error.errnoCode {
        case EADDRINUSE: return ListenError(.addressInUse, address)
        case EADDRNOTAVAIL, EAFNOSUPPORT: return ListenError(.addressUnavailable, address)
        case EACCES, EPERM: return ListenError(.notPermitted, address)
        default: return ListenError(.failed, address, reason: "\(error)")
        }
    }

    private func bootstrap(_ endpoint: Endpoint) -> ServerBootstrap {
        let setup = ConnectionSetup(
            endpoint: endpoint, limits: limits, logger: logger, executors: executors, shared: shared)
        let connections = connections
        let logger = logger
        let counted: ConnectionBudget? = if case .tcp = endpoint.address { budget } else { nil }
        return ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: Self.backlog)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            // One at a time, so that the limit below holds.
            .serverChannelOption(.maxMessagesPerRead, value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(AcceptPauseHandler(logger: logger))
                    if let counted { try pipeline.addHandler(ConnectionLimitHandler(budget: counted)) }
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // A handler that wants no more is asked between two reads, not after four.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelInitializer { channel in
                if let counted, !Self.admit(channel, counted, endpoint.service) {
                    return channel.eventLoop.makeFailedFuture(TooManyConnections())
                }
                if let counted, counted.isFull { connections.makeRoom(counted) }
                let place = counted.map { ConnectionPlace(budget: $0) }
                connections.add(channel, place)
                return setup.configure(channel, place)
            }
    }

    /// Whether the peer's address may have one more connection. Many clients are behind a trusted proxy.
    private static func admit(_ channel: any Channel, _ budget: ConnectionBudget, _ service: HTTPService) -> Bool {
        guard let peer = channel.remoteAddress.flatMap({ ClientAddress($0) }), !service.sharesAddress(peer) else {
            return true
        }
        let network = peer.network
        guard budget.admit(network) else { return false }
        channel.closeFuture.whenComplete { _ in budget.dismiss(network) }
        return true
    }
}
