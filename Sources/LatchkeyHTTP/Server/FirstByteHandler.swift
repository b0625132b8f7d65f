import NIOCore

/// Sits before the HTTP decoder and shows the exchange a request's bytes first. The exchange answers them at once if it
/// has answered the same bytes before. It must also know about a request's first byte, which the decoder would keep to
/// itself until the head is complete.
final class FirstByteHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let exchange: ExchangeHandler

    init(exchange: ExchangeHandler) {
        self.exchange = exchange
    }

    /// More is decoded piece by piece, so that the size of one request on the wire is known to within this many bytes.
    private static let piece = 8 * 1024

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard !exchange.answersAgain(bytes) else { return }
        while bytes.readableBytes > Self.piece, let piece = bytes.readSlice(length: Self.piece) {
            decode(piece, context)
        }
        decode(bytes, context)
    }

    private func decode(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard !exchange.ignoresInput else { return }
        exchange.bytesArrived(bytes)
        context.fireChannelRead(wrapInboundOut(bytes))
        exchange.bytesProcessed()
    }
}
