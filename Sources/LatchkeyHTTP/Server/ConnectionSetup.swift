import LatchkeyCore
import Logging
package import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOSSL
import Synchronization

/// Builds the pipeline of an accepted connection: HTTP/1.1, or TLS and then the protocol that ALPN selects.
struct ConnectionSetup: Sendable {
    /// The counters that all connections of a server share.
    struct Shared: Sendable {
        let streams: HTTP2StreamBudget
        let waiting: WaitingAnswers

        init(limits: TransportLimits) {
            streams = HTTP2StreamBudget(
                limit: limits.maxFurtherStreams, limitPerNetwork: limits.maxFurtherStreamsPerAddress)
            waiting = WaitingAnswers(limit: limits.maxWaitingBytes)
        }
    }

    private let endpoint: HTTPListeners.Endpoint
    private let limits: TransportLimits
    private let logger: Logger
    private let executors: EventLoopExecutors
    private let shared: Shared
    private let plainHTTP: MinutelyWarning

    init(
        endpoint: HTTPListeners.Endpoint, limits: TransportLimits, logger: Logger, executors: EventLoopExecutors,
        shared: Shared
    ) {
        self.endpoint = endpoint
        self.limits = limits
        self.logger = logger
        self.executors = executors
        self.shared = shared
        plainHTTP = MinutelyWarning("Plain HTTP was sent to an address that speaks TLS", logger: logger)
    }

    /// - Parameter place: the connection's place in the budget; nil when it is not counted.
    func configure(_ channel: any Channel, _ place: ConnectionPlace?) -> EventLoopFuture<Void> {
        channel.eventLoop.makeCompletedFuture {
            if case .tcp = endpoint.address, let tls = endpoint.tls {
                try recogniseTLS(channel, tls.context, place)
            } else {
                try addHTTP1(channel, wire: .http1, place)
            }
        }
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

    private func exchange(
        _ channel: any Channel, wire: ExchangeHandler.Wire, source: RequestSource, place: ConnectionPlace? = nil,
        refusal: Refusal? = nil
    ) -> ExchangeHandler {
        ExchangeHandler(
            service: endpoint.service, source: source, limits: limits, wire: wire,
            executor: executors.executor(of: channel.eventLoop), waiting: shared.waiting, place: place, refusal: refusal
        )
    }

    /// - Parameter refusal: the response to every request.
    private func addHTTP1(
        _ channel: any Channel, wire: ExchangeHandler.Wire, _ place: ConnectionPlace?, refusal: Refusal? = nil
    ) throws {
        let exchange = exchange(channel, wire: wire, source: source(channel), place: place, refusal: refusal)
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

    private func recogniseTLS(_ channel: any Channel, _ context: NIOSSLContext, _ place: ConnectionPlace?) throws {
        let handshake = channel.eventLoop.scheduleTask(in: limits.requestDeadline) { channel.close(promise: nil) }
        // A timer that is left behind would keep the closed channel with all its buffers.
        channel.closeFuture.whenComplete { _ in handshake.cancel() }
        let recognition = TLSRecognition { isPlainHTTP in
            guard isPlainHTTP else { return try addTLS(channel, context, place, handshake) }
            handshake.cancel()
            let peer = channel.remoteAddress.flatMap { ClientAddress($0) }
            plainHTTP.log([
                "lk.listen": "\(endpoint.address)", "lk.network": "\(RequestSource.network(of: peer))",
            ])
            try addHTTP1(
                channel, wire: .http1, place, refusal: Refusal(.invalidRequest, "This address speaks TLS: use https."))
        }
        try channel.pipeline.syncOperations.addHandler(recognition)
    }

    private func addTLS(
        _ channel: any Channel, _ context: NIOSSLContext, _ place: ConnectionPlace?, _ handshake: Scheduled<Void>
    ) throws {
        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
        let upgrade = channel.configureHTTP2SecureUpgrade(
            h2ChannelConfigurator: { channel in
                handshake.cancel()
                return channel.eventLoop.makeCompletedFuture { try addHTTP2(channel, place) }
            },
            http1ChannelConfigurator: { channel in
                handshake.cancel()
                return channel.eventLoop.makeCompletedFuture { try addHTTP1(channel, wire: .http1TLS, place) }
            }
        )
        upgrade.whenFailure { _ in channel.close(promise: nil) }
    }

    private func addHTTP2(_ channel: any Channel, _ place: ConnectionPlace?) throws {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: Self.maxConcurrentStreams),
            // Beyond it the connection ends. Far above what a request may have, so that a request with too much is
            // answered, and small compared with what a request costs anyway.
            HTTP2Setting(parameter: .maxHeaderListSize, value: Self.headBounds * limits.maxHeadBytes),
        ]
        // As many frames of the smallest maximum size as are needed to send this much.
        connection.maximumSequentialContinuationFrames = Self.headBounds * limits.maxHeadBytes / (16 * 1024)
        // A refused stream may have frames under way.
        connection.maximumRecentlyResetStreams = Self.maxConcurrentStreams
        // What waits for a peer that does not read: a response's head and end for each stream, and some PINGs.
        connection.maximumBufferedControlFrames = 4 * Self.maxConcurrentStreams
        let manager = NIOHTTP2ServerConnectionManagementHandler(
            eventLoop: channel.eventLoop,
            configuration: .init(
                maxIdleTime: limits.idleTimeout, maxAge: nil, maxGraceTime: limits.shutdownGrace, keepalive: nil
            )
        )
        let source = source(channel)
        let isShared = source.peer.map { endpoint.service.sharesAddress($0) } ?? true
        let connectionGuard = HTTP2ConnectionGuard(
            limits: limits, streams: shared.streams, network: isShared ? nil : source.peer?.network, place: place)
        let admission = NIOLoopBound(connectionGuard, eventLoop: channel.eventLoop)
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
                    guard admission.value.admits(stream) else {
                        // Nothing was done for it, and the client may retry it (RFC 9113 8.7).
                        let refusal = HTTP2Frame.FramePayload.rstStream(.refusedStream)
                        return stream.writeAndFlush(refusal, promise: nil)
                    }
                    let pipeline = stream.pipeline.syncOperations
                    try pipeline.addHandler(HTTP2FramePayloadToHTTP1ServerCodec())
                    try pipeline.addHandler(setup.exchange(stream, wire: .http2, source: source))
                }
            }
        )
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(HTTP2GoAwayWatch(connection: connectionGuard))
        try pipeline.addHandler(HTTP2EarlySettings())
        try pipeline.addHandler(http2)
        try pipeline.addHandler(manager)
        try pipeline.addHandler(connectionGuard)
    }

    private static let maxConcurrentStreams = 100
    /// How many times the largest head is still read.
    private static let headBounds = 4
}

/// The limits of a connection. The defaults are the product's; tests shorten the times.
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
    /// From a request's first byte (or from the connection, for the first request) to the end of its body. Later: 408
    /// and close. The time that a handler takes does not count, so a long poll may wait as long as it likes once its
    /// request is read.
    package var requestDeadline = TimeAmount.seconds(10)
    /// How long a kept-alive connection may be silent between requests.
    package var idleTimeout = TimeAmount.seconds(75)
    /// How long a client may take to accept a response.
    package var responseDeadline = TimeAmount.seconds(30)
    /// How long a refused request's remaining input is read and dropped, so that a reset does not lose the refusal.
    package var lingerTimeout = TimeAmount.seconds(1)
    /// After SIGTERM: how long requests in flight may take before they are cut.
    package var shutdownGrace = TimeAmount.seconds(5)
    /// Open connections over all TCP listeners. For a further one the longest idle connection is closed; if all have a
    /// request under way, further ones wait in the system's backlog.
    package var maxConnections = 16 * 1024
    /// Open connections of one IPv4 address or IPv6 /64; further ones are closed at once. Loopback and trusted proxies,
    /// behind which many clients may be, are exempt.
    package var maxConnectionsPerAddress = 1024
    /// HTTP/2 streams over all connections, not counting one for each connection; further ones are refused. Each costs
    /// some kilobytes for as long as its client accepts no response.
    package var maxFurtherStreams = 4096
    /// The same for one address, with the same exemptions.
    package var maxFurtherStreamsPerAddress = 1024
    /// Bytes of responses that clients have not accepted; beyond this, the ones that have waited longest are cut off.
    /// Twice the largest revocation list that anybody can read as plain JSON, with some reserve.
    package var maxWaitingBytes = 256 * 1024 * 1024

    package init() {}
}
