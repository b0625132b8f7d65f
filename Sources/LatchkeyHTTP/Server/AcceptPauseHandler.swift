import Glibc
import Logging
import NIOCore

/// On a listening socket: when the system has no descriptor or memory left for a connection, stops accepting and tries
/// again a second later. Without this the event loop, and every connection on it, would spin on the waiting connection.
///
/// NIO's own back-off handler delays reads, but a failed accept leaves the socket's read pending, so that the loop goes
/// on without asking for another; only turning automatic reading off takes the socket out of it.
final class AcceptPauseHandler: ChannelInboundHandler {
    typealias InboundIn = any Channel

    private let logger: Logger
    private var lastLine: NIODeadline?
    private var isPaused = false

    /// - Parameter logger: gets at most one line a minute.
    init(logger: Logger) {
        self.logger = logger
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Other errors concern only the connection that was being accepted.
        guard let error = error as? IOError, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) else { return }
        log(error)
        guard !isPaused else { return }
        isPaused = true
        Self.setReading(context.channel, false)
        let channel = context.channel
        context.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { [self] in
            isPaused = false
            if channel.isActive { Self.setReading(channel, true) }
        }
    }

    private static func setReading(_ channel: any Channel, _ isOn: Bool) {
        try? channel.syncOptions?.setOption(.autoRead, value: isOn)
    }

    private func log(_ error: IOError) {
        let now = NIODeadline.now()
        if let lastLine, now - lastLine < .minutes(1) { return }
        lastLine = now
        logger.error(
            "No connection can be accepted because the system's limit is reached", metadata: ["lk.error": "\(error)"])
    }
}
