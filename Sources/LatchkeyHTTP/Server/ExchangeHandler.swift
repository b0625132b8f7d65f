import HTTPTypes
import LatchkeyCore
import Logging
import NIOCore
import NIOHTTP1

/// One HTTP/1.1 connection, or one HTTP/2 stream: reads a complete request within its limits, passes it to the service,
/// writes the response, and starts over. It lives on its event loop, and so do the tasks that it starts.
///
/// A request is read completely before any handler sees it, so a handler never waits for a slow client. Pipelined
/// requests wait in `waiting`, and reading stops while there are any.
final class ExchangeHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = Never
    typealias OutboundIn = Never
    /// Bytes on HTTP/1: the written head is complete and needs no encoder.
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
        /// The last response is out; further input is dropped until the connection is gone.
        case lingering
    }

    private let service: HTTPService
    private let source: RequestSource
    private let limits: TransportLimits
    private let wire: Wire
    private let executor: EventLoopExecutor
    private let waitingAnswers: WaitingAnswers
    /// The connection's place in the budget, if this is the connection's handler.
    private let place: ConnectionPlace?
    /// The response to every request: nothing is served here.
    private let standingRefusal: Refusal?
    /// Every response must be logged, so none may bypass the service.
    private let logsEveryAnswer: Bool
    private var phase = Phase.idle
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()
    private var waiting = CircularBuffer<HTTPServerRequestPart>(initialCapacity: 0)
    /// Bytes of bodies among them.
    private var waitingBytes = 0
    private var isProceeding = false
    private var boundary = RequestBoundary()
    private var overhead = RequestOverhead()
    /// The bytes that the decoder is reading, when they may be a whole request.
    private var arrived: ByteBuffer?
    private var parserError: (any Error)?
    private var deadline = ConnectionDeadline()
    private var task: Task<Void, Never>?
    /// Requests passed to the service.
    private var exchanges = 0
    /// Responses that the client has accepted.
    private var accepted = 0
    /// The current response, if the client lets it wait.
    private var waitingAnswer: WaitingAnswers.ID?
    /// The rest of a long body, and the promise of its last piece.
    private var unsent: (body: ByteBuffer, written: EventLoopPromise<Void>)?
    /// A piece is being written, and has left meanwhile.
    private var isSending = false
    private var hasSent = false
    private var isLongPoll = false
    /// The rest of the current request is ignored: it was refused before its end.
    private var dropsRest = false
    /// Further input is dropped before anything looks at it.
    private(set) var ignoresInput = false
    private var closesAfterResponse = false
    private var hasInputEnded = false
    private var holdsRead = false
    private var context: ChannelHandlerContext?

    init(
        service: HTTPService, source: RequestSource, limits: TransportLimits, wire: Wire, executor: EventLoopExecutor,
        waiting: WaitingAnswers, place: ConnectionPlace?, refusal: Refusal?
    ) {
        self.service = service
        self.source = source
        self.limits = limits
        self.wire = wire
        self.executor = executor
        waitingAnswers = waiting
        self.place = place
        standingRefusal = refusal
        logsEveryAnswer = source.logger.logLevel <= .debug
    }

    // MARK: Life of the connection

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        // A connection that never sends anything gets no longer than one that sends slowly.
        wait(for: .request, limits.requestDeadline, context)
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
        deadline.cancel()
        task?.cancel()
        task = nil
        noteAccepted()
        unsent?.written.fail(ChannelError.ioOnClosedChannel)
        unsent = nil
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            closesAfterResponse = true
            if isLongPoll { task?.cancel() }
            if case .idle = phase, wire != .http2 { context.close(promise: nil) }
        case ChannelEvent.inputClosed where wire != .http2:
            // The client will send no more. It may still read, so its requests are answered; but a client that closes
            // while it waits for news is gone.
            hasInputEnded = true
            guard case .responding = phase else { return context.close(promise: nil) }
            if isLongPoll { task?.cancel() }
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard error is HTTPParserError else {
            // After its first error the decoder complains about every further byte, so these are read only to be
            // dropped.
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
        return RequestHeadJudge.tooLarge
    }

    // MARK: Bytes before they are decoded

    /// Answers bytes that were answered before, if the response is still current.
    func answersAgain(_ bytes: ByteBuffer) -> Bool {
        guard case .idle = phase, boundary.isClear, !logsEveryAnswer, !closesAfterResponse, !hasInputEnded,
            standingRefusal == nil, let context
        else { return false }
        let start = NIODeadline.now()
        guard let answer = service.cache.answer(to: bytes) else { return false }
        phase = .responding
        place?.begin()
        let end = ResponseEnd(requestID: RequestID(), date: service.date).bytes
        var head = context.channel.allocator.buffer(
            capacity: answer.head.readableBytes + end.count + Self.copied(answer.body))
        head.writeImmutableBuffer(answer.head)
        head.writeBytes(end)
        answer.observation.count(nanoseconds: (NIODeadline.now() - start).nanoseconds)
        let isCopied = answer.body.readableBytes <= Self.longestCopy
        if isCopied { head.writeImmutableBuffer(answer.body) }
        send(context, head, isCopied ? nil : answer.body)
        return true
    }

    /// Bytes of a request have arrived, a complete head or one letter of it.
    func bytesArrived(_ bytes: ByteBuffer) {
        arrived = boundary.isClear && bytes.readableBytes <= AnswerCache.longestRequest ? bytes : nil
        boundary.arrived(bytes)
        overhead.arrived(bytes.readableBytes)
        guard case .idle = phase, let context else { return }
        startReceiving(context)
    }

    /// The decoder has processed them. A request that is dispatched later is not the one that arrived last.
    func bytesProcessed() {
        boundary.processed()
        arrived = nil
        if overhead.bytes > mostOverhead { refuseOverhead() }
    }

    /// The head, white space between its fields and around chunks, chunk extensions.
    private var mostOverhead: Int { limits.maxHeadBytes + 16 * 1024 }

    private func refuseOverhead() {
        guard let context, !ignoresInput else { return }
        ignoresInput = true
        switch phase {
        case .lingering:
            break
        case .responding:
            if !dropsRest { parserError = HTTPParserError.headerOverflow }
        case .idle, .receiving:
            refuse(
                context,
                head == nil
                    ? Self.refusal(for: HTTPParserError.headerOverflow)
                    : Refusal(.payloadTooLarge, "The chunks of the body have too much overhead."))
        }
    }

    /// The bytes of the dispatched request, if they are a complete read and nothing else. Read before its response is
    /// made: other bytes may arrive in the meantime.
    private var wholeRead: ByteBuffer? { boundary.isOneHead && waiting.isEmpty ? arrived : nil }

    /// Lets later requests with the same bytes get the same response, which depends on nothing else.
    private func remember(_ request: ByteBuffer, _ reuse: OutgoingResponse.Reuse, head: ByteBuffer, body: ByteBuffer) {
        guard !closesAfterResponse else { return }
        // A copy, because the bytes are part of a larger buffer for reading.
        service.cache.remember(
            ByteBuffer(bytes: request.readableBytesView),
            AnswerCache.Answer(
                head: head, body: body, isCurrent: reuse.isCurrent, observation: reuse.observation))
    }

    // MARK: Reading

    func read(context: ChannelHandlerContext) {
        if case .responding = phase, !waiting.isEmpty {
            holdsRead = true
        } else {
            context.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        switch part {
        case .head: boundary.head()
        case .body(let bytes):
            boundary.body(bytes.readableBytes)
            overhead.body(bytes.readableBytes)
        case .end:
            boundary.end()
            if overhead.end() > mostOverhead { return refuseOverhead() }
        }
        switch phase {
        case .lingering:
            break
        case .responding:
            if !dropsRest { keep(part, context) }
        case .idle, .receiving:
            process(context, part)
        }
    }

    /// Parts of later requests that may wait, and bytes of their bodies. Reading stops as soon as one waits. So only a
    /// client that pipelines dozens of requests in one packet comes near, or one that half-closes, because the channel
    /// then reads everything there is.
    private static let longestLine = 256
    private var roomForBodies: Int { limits.maxBodyBytes + limits.maxHeadBytes }

    private func keep(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        if case .body(let bytes) = part { waitingBytes += bytes.readableBytes }
        guard waiting.count < Self.longestLine, waitingBytes <= roomForBodies else {
            dropsRest = true
            closesAfterResponse = true
            waiting.removeAll()
            return context.close(promise: nil)
        }
        waiting.append(part)
    }

    private func startReceiving(_ context: ChannelHandlerContext) {
        phase = .receiving
        place?.begin()
        wait(for: .request, limits.requestDeadline, context)
    }

    private func process(_ context: ChannelHandlerContext, _ part: HTTPServerRequestPart) {
        if case .idle = phase { startReceiving(context) }
        switch part {
        case .head(let head):
            self.head = head
            body = ByteBuffer()
            if let refusal = refusal(of: head) { return refuse(context, refusal) }
            if wire != .http2, Self.expectsContinue(head) {
                context.writeAndFlush(NIOAny(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
            }
        case .body(var part):
            guard body.readableBytes + part.readableBytes <= limits.maxBodyBytes else {
                return refuse(context, Refusal(.payloadTooLarge, "The body is larger than 64 KiB."))
            }
            if body.readableBytes == 0 { body = part } else { body.writeBuffer(&part) }
        case .end(let trailers):
            // The HTTP/1 decoder counts them together with the head.
            if wire == .http2, let trailers, !RequestHeadJudge(limits).fits(trailers, target: "") {
                return refuse(context, RequestHeadJudge.tooLarge)
            }
            dispatch(context, refusal: nil)
        }
    }

    /// RFC 9110 10.1.1: only from an HTTP/1.1 client, and only for that expectation.
    private static func expectsContinue(_ head: HTTPRequestHead) -> Bool {
        head.version == .http1_1 && head.headers["expect"].map { $0.lowercased() } == ["100-continue"]
    }

    private func refusal(of head: HTTPRequestHead) -> Refusal? {
        standingRefusal ?? RequestHeadJudge(limits).refusal(of: head, isHTTP2: wire == .http2)
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
        deadline.clear()
        phase = .responding
        let head = self.head ?? HTTPRequestHead(version: .http1_1, method: .GET, uri: "/")
        if !head.isKeepAlive || head.version == .http1_0 { closesAfterResponse = true }
        // After these the decoder takes further input for another protocol.
        if head.method == .CONNECT || head.headers.contains(name: "Upgrade") { closesAfterResponse = true }
        // Without a head there is no path, and a refusal without a path must not look like one about "/".
        let request = service.prepare(head, body: body, source: source, refusal: refusal, hasHead: self.head != nil)
        isLongPoll = request.context.resource?.route(for: request.request.method)?.isLongPoll == true
        self.head = nil
        body = ByteBuffer()
        let service = service
        let eventLoop = context.eventLoop
        let version = head.version
        let key = refusal == nil ? wholeRead : nil
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        exchanges += 1
        let number = exchanges
        let task = Task.immediate(executorPreference: executor) {
            let response = await service.respond(to: request)
            guard eventLoop.inEventLoop else {
                return eventLoop.execute { bound.value.write(response, version: version, key: key) }
            }
            bound.value.write(response, version: version, key: key)
        }
        // It may have answered already, and even the next request may have begun.
        if case .responding = phase, number == exchanges { self.task = task }
    }

    /// - Parameter key: the request's bytes, if they may get this response again.
    private func write(_ response: OutgoingResponse, version: HTTPVersion, key: ByteBuffer?) {
        guard let context, case .responding = phase else { return }
        task = nil
        guard wire != .http2 else { return writeParts(response, context) }
        var head = response.head(version: version)
        if closesAfterResponse { head.append(contentsOf: "Connection: close\r\n".utf8) }
        if let key, let reuse = response.reuse {
            remember(key, reuse, head: ByteBuffer(bytes: head), body: response.body)
        }
        ResponseEnd(requestID: response.requestID, date: response.date).append(to: &head)
        let isCopied = response.body.readableBytes <= Self.longestCopy
        if isCopied { head.append(contentsOf: response.body.readableBytesView) }
        send(context, context.channel.allocator.buffer(bytes: head), isCopied ? nil : response.body)
    }

    /// Bodies up to this many bytes are sent in one piece with the head; longer ones are not copied.
    private static let longestCopy = 2048
    private static func copied(_ body: ByteBuffer) -> Int {
        body.readableBytes > longestCopy ? 0 : body.readableBytes
    }

    /// - Parameter body: nil when it is already behind the head.
    private func send(_ context: ChannelHandlerContext, _ head: ByteBuffer, _ body: ByteBuffer?) {
        let written = awaitWritten(context)
        guard let body else { return context.writeAndFlush(NIOAny(head), promise: written) }
        let accepted = accepted
        context.write(NIOAny(head), promise: nil)
        if wire == .http1TLS, body.readableBytes > Self.piece {
            unsent = (body, written)
            sendMore(context)
        } else {
            context.writeAndFlush(NIOAny(body), promise: written)
        }
        if self.accepted == accepted { noteWaiting(body, context) }
    }

    /// TLS copies what it is given, and would copy a complete list for each client that does not read it.
    private static let piece = 64 * 1024

    /// Sends a long body piece by piece, each when the previous one has left for the system. On HTTP/2 the channel
    /// would stay writable meanwhile: it encrypts what a window allows before the client has read it.
    private func sendMore(_ context: ChannelHandlerContext) {
        // A piece that leaves at once is followed by the loop below, not by a nested call.
        guard !isSending else { return hasSent = true }
        isSending = true
        defer { isSending = false }
        repeat {
            hasSent = false
            guard let piece = unsent?.body.readSlice(length: Self.piece) else { return sendRest(context) }
            let sent = context.eventLoop.makePromise(of: Void.self)
            sent.futureResult.assumeIsolated().whenSuccess { [self] in
                if let context = self.context { sendMore(context) }
            }
            context.writeAndFlush(wrapBody(piece), promise: sent)
        } while hasSent
    }

    private func wrapBody(_ piece: ByteBuffer) -> NIOAny {
        wire == .http2 ? wrapOutboundOut(.body(.byteBuffer(piece))) : NIOAny(piece)
    }

    /// The last piece, and the end of the message.
    private func sendRest(_ context: ChannelHandlerContext) {
        guard let (rest, written) = unsent else { return }
        unsent = nil
        guard wire == .http2 else { return context.writeAndFlush(wrapBody(rest), promise: written) }
        if rest.readableBytes > 0 { context.write(wrapBody(rest), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }

    private func writeParts(_ response: OutgoingResponse, _ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.head(response.parts)), promise: nil)
        let accepted = accepted
        let written = awaitWritten(context)
        unsent = (response.body, written)
        if response.body.readableBytes > Self.piece {
            context.flush()
            sendMore(context)
        } else {
            // All at once, whether or not the client has room for it.
            sendRest(context)
        }
        if response.body.readableBytes > Self.longestCopy, self.accepted == accepted {
            noteWaiting(response.body, context)
        }
    }

    /// The client lets the response wait, and its body is kept for it.
    private func noteWaiting(_ body: ByteBuffer, _ context: ChannelHandlerContext) {
        let eventLoop = context.eventLoop
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let accepted = accepted
        waitingAnswer = waitingAnswers.add(body) {
            eventLoop.execute {
                guard bound.value.accepted == accepted else { return }
                bound.value.context?.close(promise: nil)
            }
        }
    }

    private func noteAccepted() {
        if let waitingAnswer { waitingAnswers.remove(waitingAnswer) }
        waitingAnswer = nil
    }

    /// The promise of the last piece of a response.
    private func awaitWritten(_ context: ChannelHandlerContext) -> EventLoopPromise<Void> {
        wait(for: .response, limits.responseDeadline, context)
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenSuccess { self.written() }
        return written
    }

    private func written() {
        accepted += 1
        noteAccepted()
        guard let context, case .responding = phase else { return }
        isLongPoll = false
        if closesAfterResponse { return close(context) }
        phase = .idle
        proceed(context)
    }

    /// Continues with input that has arrived meanwhile, and then waits for more. Responses may be ready at once, so
    /// this is a loop and not a chain of calls whose length a client could choose.
    private func proceed(_ context: ChannelHandlerContext) {
        guard !isProceeding else { return }
        isProceeding = true
        defer { isProceeding = false }
        while canProcess, let part = waiting.popFirst() {
            if case .body(let bytes) = part { waitingBytes -= bytes.readableBytes }
            process(context, part)
        }
        if canProcess, let error = parserError {
            parserError = nil
            refuse(context, Self.refusal(for: error))
        }
        guard canProcess else { return }
        if hasInputEnded { return close(context) }
        if case .idle = phase {
            let now = wait(for: .idle, limits.idleTimeout, context)
            if let place, place.end(at: now) { return context.close(promise: nil) }
        }
        if holdsRead {
            holdsRead = false
            context.read()
        }
    }

    private var canProcess: Bool {
        switch phase {
        case .idle, .receiving: true
        case .responding, .lingering: false
        }
    }

    /// Closes so that the client surely gets the response: a plain `close` with unread input would reset the connection
    /// and lose the response.
    private func close(_ context: ChannelHandlerContext) {
        phase = .lingering
        switch wire {
        case .http1 where dropsRest:
            context.close(mode: .output, promise: nil)
            wait(for: .linger, limits.lingerTimeout, context)
            if holdsRead {
                holdsRead = false
                context.read()
            }
        case .http2 where !dropsRest:
            // Both sides have ended the stream; it closes by itself, and the connection is not ours.
            break
        case .http1, .http1TLS, .http2:
            // TLS sends close_notify and waits for the other side's by itself.
            context.close(promise: nil)
        }
    }

    // MARK: Deadlines

    @discardableResult
    private func wait(
        for subject: ConnectionDeadline.Subject, _ delay: TimeAmount, _ context: ChannelHandlerContext
    ) -> NIODeadline {
        deadline.set(subject, after: delay, on: context.eventLoop, look: look(context))
    }

    private func look(_ context: ChannelHandlerContext) -> @Sendable () -> Void {
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        return { bound.value.deadlineCame() }
    }

    private func deadlineCame() {
        guard let context, let subject = deadline.passed(on: context.eventLoop, look: look(context)) else { return }
        guard case .request = subject else { return context.close(promise: nil) }
        switch phase {
        case .idle where wire != .http2:
            context.close(promise: nil)
        case .idle, .receiving:
            refuse(context, Refusal(.requestTimeout, "The request did not arrive in time."))
        case .responding, .lingering:
            break
        }
    }
}
