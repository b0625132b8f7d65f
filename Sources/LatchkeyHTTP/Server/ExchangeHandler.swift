import HTTPTypes
import Hummingbird
import LatchkeyCore
import NIOCore
import NIOHTTP1

/// One HTTP/1.1 connection, or one HTTP/2 stream: reads a request whole and within its limits, hands it to the service,
/// writes the answer, and starts over. It confines itself to its event loop; only the service's answer comes from
/// outside, by way of `NIOLoopBound`.
///
/// A request is read to the end before any handler sees it, so a handler never waits for a slow client. Pipelined
/// requests wait in `waiting` and reading stops while there are any.
final class ExchangeHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = Never
    typealias OutboundIn = Never
    typealias OutboundOut = HTTPServerResponsePart

    /// What runs on the connection.
    enum Wire: Sendable {
        case http1, http1TLS, http2
    }

    private enum Phase {
        /// Nothing of a request has arrived.
        case idle
        /// The request deadline runs.
        case receiving
        /// The service has the request.
        case responding
        /// The last response is out; what still comes in is dropped until the connection is gone.
        case lingering
    }

    private let service: HTTPService
    private let source: RequestSource
    private let limits: TransportLimits
    private let wire: Wire
    private var phase = Phase.idle
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()
    private var waiting = CircularBuffer<HTTPServerRequestPart>(initialCapacity: 0)
    private var parserError: (any Error)?
    private var timer: Scheduled<Void>?
    private var task: Task<Void, Never>?
    private var isLongPoll = false
    /// The rest of the current request is of no interest: it was refused before its end.
    private var dropsRest = false
    private var closesAfterResponse = false
    private var hasInputEnded = false
    private var holdsRead = false
    private var context: ChannelHandlerContext?

    init(service: HTTPService, source: RequestSource, limits: TransportLimits, wire: Wire) {
        self.service = service
        self.source = source
        self.limits = limits
        self.wire = wire
    }

    // MARK: Life of the connection

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        // A connection that never says anything gets no longer than one that speaks slowly.
        setTimer(context, after: limits.requestDeadline) { $0.deadlinePassed($1) }
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
        timer?.cancel()
        timer = nil
        task?.cancel()
        task = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            closesAfterResponse = true
            if isLongPoll { task?.cancel() }
            if case .idle = phase, wire != .http2 { context.close(promise: nil) }
        case ChannelEvent.inputClosed where wire != .http2:
            // The client will send no more. It may still read, so what it asked for is answered; but somebody who waits
            // for news and closes is gone.
            hasInputEnded = true
            guard case .responding = phase else { return context.close(promise: nil) }
            if isLongPoll { task?.cancel() }
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError else {
            // After its first error the decoder complains about every further byte, which is read only to be dropped.
            if !(error is ByteToMessageDecoderError) { context.close(promise: nil) }
            return
        }
        switch phase {
        case .lingering: break
        case .responding: if !dropsRest { parserError = error }
        case .idle, .receiving: refuse(context, Self.refusal(for: error))
        }
    }

    private static func refusal(for error: any Error) -> Refusal {
        guard case HTTPParserError.headerOverflow = error else {
            return Refusal(.invalidRequest, "The request is not valid HTTP.")
        }
        return Refusal(.headersTooLarge, "The request head is too large.")
    }

    // MARK: Reading

    /// Bytes of a request have arrived, be they a whole head or one letter of it.
    func bytesArrived() {
        guard case .idle = phase, let context else { return }
        phase = .receiving
        setTimer(context, after: limits.requestDeadline) { $0.deadlinePassed($1) }
    }

    func read(context: ChannelHandlerContext) {
        if case .responding = phase, !waiting.isEmpty {
            holdsRead = true
        } else {
            context.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        switch phase {
        case .lingering:
            break
        case .responding:
            if !dropsRest { waiting.append(part) }
        case .idle, .receiving:
            process(context, part)
        }
    }

    private func process(_ context: ChannelHandlerContext, _ part: HTTPServerRequestPart) {
        phase = .receiving
        switch part {
        case .head(let head):
            self.head = head
            body = ByteBuffer()
            if let refusal = refusal(of: head) { return refuse(context, refusal) }
            if head.headers.contains(name: "Expect"), wire != .http2 {
                let proceed = HTTPResponseHead(version: .http1_1, status: .continue)
                context.writeAndFlush(wrapOutboundOut(.head(proceed)), promise: nil)
            }
        case .body(var part):
            guard body.readableBytes + part.readableBytes <= limits.maxBodyBytes else {
                return refuse(context, Refusal(.payloadTooLarge, "The body is larger than 64 KiB."))
            }
            body.writeBuffer(&part)
        case .end:
            dispatch(context, refusal: nil)
        }
    }

    private func refusal(of head: HTTPRequestHead) -> Refusal? {
        let hosts = head.headers["host"]
        guard hosts.count == 1 || (hosts.isEmpty && (head.version == .http1_0 || wire == .http2)) else {
            return Refusal(.invalidRequest, "The request needs exactly one Host header.")
        }
        if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }), length > limits.maxBodyBytes {
            return Refusal(.payloadTooLarge, "The body is larger than 64 KiB.")
        }
        return nil
    }

    private func deadlinePassed(_ context: ChannelHandlerContext) {
        switch phase {
        case .idle where wire != .http2:
            context.close(promise: nil)
        case .idle, .receiving:
            refuse(context, Refusal(.requestTimeout, "The request did not arrive in time."))
        case .responding, .lingering:
            break
        }
    }

    /// Answers without reading the rest of the request, and closes.
    private func refuse(_ context: ChannelHandlerContext, _ refusal: Refusal) {
        closesAfterResponse = true
        dropsRest = true
        waiting.removeAll()
        dispatch(context, refusal: refusal)
    }

    // MARK: Answering

    private func dispatch(_ context: ChannelHandlerContext, refusal: Refusal?) {
        timer?.cancel()
        phase = .responding
        let head = self.head ?? HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
        if !head.isKeepAlive || head.version == .http1_0 { closesAfterResponse = true }
        // Without a head there is no path, and a refusal that is about no path must not look like one about "/".
        let request = service.prepare(head, body: body, source: source, refusal: refusal, hasHead: self.head != nil)
        isLongPoll = request.context.resource?.route(for: request.request.method)?.isLongPoll == true
        self.head = nil
        body = ByteBuffer()
        let service = service
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let eventLoop = context.eventLoop
        task = Task {
            let response = await service.respond(to: request)
            eventLoop.execute { bound.value.write(response, version: head.version) }
        }
    }

    private func write(_ response: OutgoingResponse, version: HTTPVersion) {
        guard let context, case .responding = phase else { return }
        task = nil
        var fields = response.fields
        if closesAfterResponse, wire != .http2 { fields.replaceOrAdd(name: "Connection", value: "close") }
        let head = HTTPResponseHead(version: version, status: response.status, headers: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        for buffer in response.body {
            context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        setTimer(context, after: limits.responseDeadline) { $1.close(promise: nil) }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        written.futureResult.whenSuccess { bound.value.written() }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }

    private func written() {
        guard let context, case .responding = phase else { return }
        timer?.cancel()
        isLongPoll = false
        if closesAfterResponse { return close(context) }
        phase = .idle
        while case .idle = phase, let part = waiting.popFirst() {
            setTimer(context, after: limits.requestDeadline) { $0.deadlinePassed($1) }
            process(context, part)
            while case .receiving = phase, let part = waiting.popFirst() { process(context, part) }
        }
        if case .responding = phase {
        } else if let error = parserError {
            parserError = nil
            refuse(context, Self.refusal(for: error))
        }
        if case .responding = phase {} else if hasInputEnded { return close(context) }
        if case .idle = phase { setTimer(context, after: limits.idleTimeout) { $1.close(promise: nil) } }
        if holdsRead, waiting.isEmpty {
            holdsRead = false
            context.read()
        }
    }

    /// Closes so that the client surely gets the response: a plain `close` with unread input would reset the connection
    /// and take the response with it.
    private func close(_ context: ChannelHandlerContext) {
        phase = .lingering
        switch wire {
        case .http1 where dropsRest:
            context.close(mode: .output, promise: nil)
            setTimer(context, after: limits.lingerTimeout) { $1.close(promise: nil) }
            if holdsRead {
                holdsRead = false
                context.read()
            }
        case .http2 where !dropsRest:
            // Both sides have ended the stream; it closes by itself, and the connection is not ours.
            break
        case .http1, .http1TLS, .http2:
            // TLS says goodbye and waits for the other side's by itself.
            context.close(promise: nil)
        }
    }

    // MARK: Timer

    private func setTimer(
        _ context: ChannelHandlerContext,
        after delay: TimeAmount,
        _ action: @escaping @Sendable (ExchangeHandler, ChannelHandlerContext) -> Void
    ) {
        timer?.cancel()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleTask(in: delay) {
            let handler = bound.value
            if let context = handler.context { action(handler, context) }
        }
    }
}

/// Stands before the HTTP decoder and tells the exchange of a request's first byte, which the decoder would keep to
/// itself until the head is complete.
final class FirstByteHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let exchange: ExchangeHandler

    init(exchange: ExchangeHandler) {
        self.exchange = exchange
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        exchange.bytesArrived()
        context.fireChannelRead(data)
    }
}
