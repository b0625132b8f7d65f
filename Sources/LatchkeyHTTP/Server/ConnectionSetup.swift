import Logging
package import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOSSL
import Synchronization

/// Builds the pipeline of an accepted connection: HTTP/1.1, or TLS and then whatever ALPN says.
struct ConnectionSetup: Sendable {
    let endpoint: HTTPListeners.Endpoint
    let limits: TransportLimits
    let logger: Logger
    let executors: EventLoopExecutors

    func configure(_ channel: any Channel) -> EventLoopFuture<Void> {
        if case .tcp = endpoint.address, let tls = endpoint.tls { return configureTLS(channel, tls.context) }
        return channel.eventLoop.makeCompletedFuture { try addHTTP1(channel, wire: .http1) }
    }

    private func source(_ channel: any Channel) -> RequestSource {
        let isUnix = if case .unix = endpoint.address { true } else { false }
        return RequestSource(
            logger: logger,
            peer: channel.remoteAddress.flatMap { ClientAddress($0) },
            isTLS: endpoint.tls != nil && !isUnix,
            isLocalOperator: isUnix
        )
    }

    private func exchange(_ channel: any Channel, wire: ExchangeHandler.Wire) -> ExchangeHandler {
        ExchangeHandler(
            service: endpoint.service, source: source(channel), limits: limits, wire: wire,
            executor: executors.executor(of: channel.eventLoop))
    }

    private func addHTTP1(_ channel: any Channel, wire: ExchangeHandler.Wire) throws {
        let exchange = exchange(channel, wire: wire)
        var decoderLimits = NIOHTTPDecoderLimitConfiguration()
        decoderLimits.maxHeaderFieldSize = limits.maxFieldBytes
        decoderLimits.maxHeaderListSize = limits.maxHeadBytes
        decoderLimits.maxHeaderFieldCount = limits.maxFieldCount
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(FirstByteHandler(exchange: exchange))
        // The exchange orders pipelined requests, answers parser errors itself, and writes bytes: no encoder is needed.
        try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: decoderLimits)))
        try pipeline.addHandler(exchange)
    }

    private func configureTLS(_ channel: any Channel, _ context: NIOSSLContext) -> EventLoopFuture<Void> {
        let handshake = channel.eventLoop.scheduleTask(in: limits.requestDeadline) { channel.close(promise: nil) }
        // A timer that is left behind would hold the closed channel with all its buffers.
        channel.closeFuture.whenComplete { _ in handshake.cancel() }
        return channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
        }.flatMap {
            channel.configureHTTP2SecureUpgrade(
                h2ChannelConfigurator: { channel in
                    handshake.cancel()
                    return channel.eventLoop.makeCompletedFuture { try addHTTP2(channel) }
                },
                http1ChannelConfigurator: { channel in
                    handshake.cancel()
                    return channel.eventLoop.makeCompletedFuture { try addHTTP1(channel, wire: .http1TLS) }
                }
            )
        }
    }

    private func addHTTP2(_ channel: any Channel) throws {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: Self.maxConcurrentStreams),
            HTTP2Setting(parameter: .maxHeaderListSize, value: limits.maxHeadBytes),
        ]
        // What waits for a peer that does not read: an answer's head and end for each stream, and some PINGs.
        connection.maximumBufferedControlFrames = 4 * Self.maxConcurrentStreams
        let manager = NIOHTTP2ServerConnectionManagementHandler(
            eventLoop: channel.eventLoop,
            configuration: .init(
                maxIdleTime: limits.idleTimeout, maxAge: nil, maxGraceTime: limits.shutdownGrace, keepalive: nil
            )
        )
        let connectionGuard = HTTP2ConnectionGuard(limits: limits)
        let source = source(channel)
        let setup = self
        let http2 = NIOHTTP2Handler(
            mode: .server,
            eventLoop: channel.eventLoop,
            connectionConfiguration: connection,
            // Its defaults bound resets and stream errors: 200 of each in 30 seconds.
            streamConfiguration: .init(),
            streamDelegate: HTTP2StreamWatch(
                manager: manager.http2StreamDelegate, connection: connectionGuard, eventLoop: channel.eventLoop
            ),
            inboundStreamInitializer: { stream in
                stream.eventLoop.makeCompletedFuture {
                    let pipeline = stream.pipeline.syncOperations
                    try pipeline.addHandler(HTTP2FramePayloadToHTTP1ServerCodec())
                    try pipeline.addHandler(
                        ExchangeHandler(
                            service: setup.endpoint.service, source: source, limits: setup.limits, wire: .http2,
                            executor: setup.executors.executor(of: stream.eventLoop)
                        )
                    )
                }
            }
        )
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTP2GoAwayWatch(connection: connectionGuard))
        try pipeline.addHandler(http2)
        try pipeline.addHandler(manager)
        try pipeline.addHandler(connectionGuard)
    }

    private static let maxConcurrentStreams = 100
}

/// The bounds that a connection lives in. The defaults are the product's; tests shorten the times.
package struct TransportLimits: Sendable {
    /// Largest request body in bytes; one byte more is 413.
    package var maxBodyBytes = 64 * 1024
    /// Largest request head in bytes, all field names and values together; more is 431.
    package var maxHeadBytes = 32 * 1024
    /// Largest single header field in bytes; more is 431.
    package var maxFieldBytes = 16 * 1024
    /// Most header fields in one request; more is 431.
    package var maxFieldCount = 100
    /// Longest request target in bytes; more is 431.
    package var maxTargetBytes = 8 * 1024
    /// From a request's first byte (or the connection, for the first) to the end of its body. Later: 408 and close. The
    /// time that a handler takes does not count, so a long-poll waits as long as it likes once its request is read.
    package var requestDeadline = TimeAmount.seconds(10)
    /// How long a kept-alive connection may be silent between requests.
    package var idleTimeout = TimeAmount.seconds(75)
    /// How long a client may take to accept a response.
    package var responseDeadline = TimeAmount.seconds(30)
    /// How long a refused request's remaining input is read and dropped, so that the refusal is not lost to a reset.
    package var lingerTimeout = TimeAmount.seconds(1)
    /// After SIGTERM: how long requests in flight may take before they are cut.
    package var shutdownGrace = TimeAmount.seconds(5)
    /// Open connections over all TCP listeners; further ones wait in the system's backlog.
    package var maxConnections = 16 * 1024
    /// Open connections of one IPv4 address or IPv6 /64; further ones are closed at once. Loopback and trusted proxies,
    /// behind which many clients may stand, are exempt.
    package var maxConnectionsPerAddress = 1024

    package init() {}
}
