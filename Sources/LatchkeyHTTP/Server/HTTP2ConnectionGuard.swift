import NIOCore
import NIOHTTP2

/// The last handler of an HTTP/2 connection: ends one that broke the protocol, whose peer reads nothing, or that has
/// been idle. The protocol handler itself only sends GOAWAY, and the idle timer waits for an answer to its PING; a
/// hostile peer ignores both.
///
/// An error of one stream (a malformed request, an answer to a stream that was just reset) leaves the connection to the
/// other streams, which behind a proxy belong to other users; too many of them are a connection error.
final class HTTP2ConnectionGuard: ChannelInboundHandler {
    typealias InboundIn = HTTP2Frame

    private let limits: TransportLimits
    private let streams: HTTP2StreamBudget
    /// Nil where many clients may be behind the address.
    private let network: SourceNetwork?
    private let place: ConnectionPlace?
    private var admitted = 0
    private var refused: Set<ObjectIdentifier> = []
    private var context: ChannelHandlerContext?
    private var openStreams = 0
    private var hasFailed = false
    private var isClosing = false
    private var idle: Scheduled<Void>?
    private var unwritable: Scheduled<Void>?

    init(
        limits: TransportLimits, streams: HTTP2StreamBudget, network: SourceNetwork?, place: ConnectionPlace?
    ) {
        self.limits = limits
        self.streams = streams
        self.network = network
        self.place = place
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        // A connection without any stream ends here: the regular idle time begins with the first stream's end.
        waitIdle(limits.idleTimeout)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    private func end() {
        idle?.cancel()
        unwritable?.cancel()
        if admitted > 1 { streams.dismiss(network, admitted - 1) }
        admitted = 0
    }

    // MARK: Streams

    /// Whether a stream that the client has just begun may be served. A connection's only stream always is.
    func admits(_ stream: any Channel) -> Bool {
        guard admitted == 0 || streams.admit(network) else {
            refused.insert(ObjectIdentifier(stream))
            return false
        }
        admitted += 1
        return true
    }

    private func left(_ stream: any Channel) {
        guard refused.isEmpty || refused.remove(ObjectIdentifier(stream)) == nil else { return }
        guard admitted > 0 else { return }
        admitted -= 1
        if admitted > 0 { streams.dismiss(network) }
    }

    // MARK: Errors

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if hasFailed || !(error is any NIOHTTP2Error) { close(context) }
    }

    /// The protocol handler has sent GOAWAY; its error follows at once.
    fileprivate func givenUp() { hasFailed = true }

    private func close(_ context: ChannelHandlerContext) {
        guard !isClosing else { return }
        isClosing = true
        // Further input is ignored: every frame would be answered with one more GOAWAY.
        try? context.channel.syncOptions?.setOption(.autoRead, value: false)
        context.close(promise: nil)
    }

    // MARK: Peers that do not read

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        unwritable?.cancel()
        unwritable = context.channel.isWritable ? nil : schedule(limits.responseDeadline)
        context.fireChannelWritabilityChanged()
    }

    // MARK: Idleness

    fileprivate func streamCreated() {
        if openStreams == 0 { place?.begin() }
        openStreams += 1
        idle?.cancel()
        idle = nil
    }

    fileprivate func streamClosed(_ stream: any Channel) {
        left(stream)
        openStreams -= 1
        guard openStreams == 0 else { return }
        // After a moment, because the end of the response is on its way to the wire.
        let isWanted = place?.end(at: .now()) ?? false
        if isWanted { return waitIdle(.zero) }
        // The regular end comes first: GOAWAY after the idle time, then the time that a peer needs to answer.
        waitIdle(limits.idleTimeout + limits.shutdownGrace)
    }

    private func waitIdle(_ delay: TimeAmount) {
        idle?.cancel()
        idle = schedule(delay)
    }

    private func schedule(_ delay: TimeAmount) -> Scheduled<Void>? {
        context?.eventLoop.assumeIsolated().scheduleTask(in: delay) { [self] in
            if let context { close(context) }
        }
    }
}

/// Sits between the protocol handler and the wire, and tells the guard of a GOAWAY with an error. The protocol handler
/// gives a connection up in this way, and `errorCaught` alone does not say whether it did.
final class HTTP2GoAwayWatch: ChannelOutboundHandler {
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    private let connection: HTTP2ConnectionGuard

    init(connection: HTTP2ConnectionGuard) {
        self.connection = connection
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .byteBuffer(let frame) = unwrapOutboundIn(data), Self.givesUp(frame) { connection.givenUp() }
        context.write(data, promise: promise)
    }

    /// Whether this is a GOAWAY frame (RFC 9113 6.8) with a code other than NO_ERROR. The protocol handler writes each
    /// frame's head and fixed part as one buffer.
    static func givesUp(_ frame: ByteBuffer) -> Bool {
        let start = frame.readerIndex
        guard frame.readableBytes == 17,
            frame.getInteger(at: start, as: UInt32.self) == 0x0000_0807,
            frame.getInteger(at: start + 5, as: UInt32.self) == 0,
            let code = frame.getInteger(at: start + 13, as: UInt32.self)
        else { return false }
        return code != 0
    }
}

/// Tells both interested parties about each stream: the manager of regular ends, and the guard.
struct HTTP2StreamWatch: NIOHTTP2StreamDelegate {
    private let manager: NIOHTTP2ServerConnectionManagementHandler.HTTP2StreamDelegate
    private let connection: NIOLoopBound<HTTP2ConnectionGuard>

    init(
        manager: NIOHTTP2ServerConnectionManagementHandler.HTTP2StreamDelegate, connection: HTTP2ConnectionGuard,
        eventLoop: any EventLoop
    ) {
        self.manager = manager
        self.connection = NIOLoopBound(connection, eventLoop: eventLoop)
    }

    func streamCreated(_ id: HTTP2StreamID, channel: any Channel) {
        connection.value.streamCreated()
        manager.streamCreated(id, channel: channel)
    }

    func streamClosed(_ id: HTTP2StreamID, channel: any Channel) {
        connection.value.streamClosed(channel)
        manager.streamClosed(id, channel: channel)
    }
}
