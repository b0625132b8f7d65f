import Logging
import NIOCore
import Synchronization

/// The first handler of a connection to an address that speaks TLS. It looks at the first byte and builds the pipeline
/// for what arrives, so that a client that speaks plain HTTP there is told so instead of being disconnected.
final class TLSRecognition: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let build: (_ isPlainHTTP: Bool) throws -> Void

    /// - Parameter build: adds the handlers after this one.
    init(build: @escaping (_ isPlainHTTP: Bool) throws -> Void) {
        self.build = build
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        guard let first = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) else { return }
        do {
            // A method begins with a capital letter; a TLS record with 22 (RFC 8446 5.1). TLS itself reports everything
            // else.
            try build((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(first))
        } catch {
            return context.close(promise: nil)
        }
        context.fireChannelRead(data)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}

/// A warning that may be due repeatedly: logged at most once a minute.
final class MinutelyWarning: Sendable {
    private let logger: Logger
    private let message: String
    private let last = Mutex<NIODeadline?>(nil)

    init(_ message: String, logger: Logger) {
        self.message = message
        self.logger = logger
    }

    func log(_ metadata: @autoclosure () -> Logger.Metadata) {
        let now = NIODeadline.now()
        let isDue = last.withLock { last in
            if let told = last, now - told < .minutes(1) { return false }
            last = now
            return true
        }
        if isDue { logger.warning("\(message)", metadata: metadata()) }
    }
}
