import NIOCore

/// Stands before the HTTP decoder and shows the exchange a request's bytes first: it answers them at once when it has
/// done so before, and must know of a request's first byte, which the decoder would keep to itself until the head is
/// complete.
final class FirstByteHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let exchange: ExchangeHandler

    init(exchange: ExchangeHandler) {
        self.exchange = exchange
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        guard !exchange.answersAgain(bytes) else { return }
        exchange.bytesArrived(bytes)
        context.fireChannelRead(data)
        exchange.bytesProcessed()
    }
}
