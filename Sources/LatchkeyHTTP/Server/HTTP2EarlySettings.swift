import NIOCore

/// Sits before the protocol handler and acknowledges this server's SETTINGS on behalf of the client, as soon as the
/// client has sent its own; the client's acknowledgement, which comes a round trip later, is dropped.
///
/// The protocol handler applies its settings when they are acknowledged. Until then it accepts no header list beyond 16
/// KiB and ends the whole connection for one, so that the first request of a connection would have other limits than
/// the second. Being more generous before the client knows it breaks no promise (RFC 9113 6.5.3).
final class HTTP2EarlySettings: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// What the forwarded bytes belong to.
    private enum Place {
        case preface
        case clientSettings
        case laterFrame
        /// The client's acknowledgement has arrived, or input that does not begin like HTTP/2.
        case done
    }

    private static let frameHead = 9
    private static let settings: UInt8 = 4
    private static let acknowledged: UInt8 = 1

    private var place = Place.preface
    /// How many bytes of it are still missing.
    private var left = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8.count
    /// The beginning of a frame's head, when a read ends inside it.
    private var started = ByteBuffer()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .done = place { return context.fireChannelRead(data) }
        let output = follow(unwrapInboundIn(data))
        if output.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(output)) }
        if case .done = place { context.pipeline.syncOperations.removeHandler(self, promise: nil) }
    }

    /// The part of the next bytes that the protocol handler is to see.
    func follow(_ bytes: ByteBuffer) -> ByteBuffer {
        var input = started
        started = ByteBuffer()
        if input.readableBytes > 0 { input.writeImmutableBuffer(bytes) } else { input = bytes }
        var output = ByteBuffer()
        output.reserveCapacity(input.readableBytes + Self.frameHead)
        while input.readableBytes > 0 {
            if left > 0 {
                let count = min(left, input.readableBytes)
                if var part = input.readSlice(length: count) { output.writeBuffer(&part) }
                left -= count
                if left == 0, case .clientSettings = place { acknowledge(&output) }
                continue
            }
            if case .done = place {
                output.writeBuffer(&input)
                break
            }
            guard input.readableBytes >= Self.frameHead else {
                started = input
                break
            }
            beginFrame(&input, &output)
        }
        return output
    }

    /// Reads a frame's head (RFC 9113 4.1), and forwards it unless it is the acknowledgement.
    private func beginFrame(_ input: inout ByteBuffer, _ output: inout ByteBuffer) {
        guard var head = input.readSlice(length: Self.frameHead),
            let size = head.getInteger(at: head.readerIndex, as: UInt32.self),
            let flags = head.getInteger(at: head.readerIndex + 4, as: UInt8.self)
        else { return }
        // On a stream it is an error (RFC 9113 6.5), which the protocol handler finds.
        let isOfConnection = head.getInteger(at: head.readerIndex + 5, as: UInt32.self).map { $0 & 0x7FFF_FFFF } == 0
        let length = Int(size >> 8)
        let type = UInt8(truncatingIfNeeded: size)
        switch place {
        case .preface where type == Self.settings && flags & Self.acknowledged == 0:
            place = .clientSettings
        case .laterFrame where type == Self.settings && flags & Self.acknowledged != 0 && isOfConnection:
            // With a length it is an error, for which the protocol handler ends the connection.
            place = .done
            if length == 0 { return }
        case .preface, .done:
            place = .done
        case .clientSettings, .laterFrame:
            break
        }
        output.writeBuffer(&head)
        left = length
        if left == 0, case .clientSettings = place { acknowledge(&output) }
    }

    private func acknowledge(_ output: inout ByteBuffer) {
        output.writeBytes([0, 0, 0, Self.settings, Self.acknowledged, 0, 0, 0, 0])
        place = .laterFrame
    }
}
