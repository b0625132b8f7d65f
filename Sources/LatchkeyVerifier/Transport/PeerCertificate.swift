import Glibc
import NIOCore
import NIOPosix
import NIOSSL

/// The certificate that a server shows, read without trusting it: to say what is wrong with it.
struct PeerCertificate: Sendable {
    /// The certificates that the server showed, its own first.
    private let chain: [NIOSSLCertificate]

    private static let patience: TimeAmount = .seconds(5)

    /// Connects, takes the certificates and closes the connection.
    /// - Throws: when the server cannot be reached or does not speak TLS.
    static func read(_ target: ConnectionTrouble.Target) async throws -> PeerCertificate {
        let context = try NIOSSLContext(configuration: .makeClientConfiguration())
        let isAddress = (try? SocketAddress(ipAddress: target.host, port: target.port)) != nil
        let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connectTimeout(patience)
            .connect(host: target.host, port: target.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let found = channel.eventLoop.makePromise(of: [NIOSSLCertificate].self)
                    let handler = try NIOSSLClientHandler(
                        context: context, serverHostname: isAddress ? nil : target.host,
                        customVerificationCallback: { chain, verdict in
                            found.succeed(chain)
                            verdict.succeed(.failed)
                        })
                    channel.eventLoop.scheduleTask(in: patience) { found.fail(ChannelError.connectTimeout(patience)) }
                    channel.closeFuture.whenComplete { _ in found.fail(ChannelError.eof) }
                    try channel.pipeline.syncOperations.addHandlers([handler, Ignore()])
                    return (channel, found.futureResult)
                }
            }
        defer { channel.0.close(promise: nil) }
        return PeerCertificate(chain: try await channel.1.get())
    }

    /// What is wrong with its dates; nil when it is valid now.
    var trouble: String? {
        let now = time(nil)
        for certificate in chain {
            if certificate.notValidAfter < now { return "has expired" }
            if certificate.notValidBefore > now { return "is not valid yet: look at the clocks" }
        }
        return nil
    }

    /// The names and addresses that it covers, at most a few of them.
    var names: [String] {
        guard let own = chain.first else { return [] }
        return own._subjectAlternativeNames().prefix(8).compactMap { name in
            switch name.nameType {
            case .dnsName: Self.printable(Array(name.contents))
            case .ipAddress: Self.address(Array(name.contents))
            default: nil
            }
        }
    }

    /// The author of the certificate chose the name, so anything that could move a terminal's cursor is removed.
    private static func printable(_ bytes: [UInt8]) -> String? {
        guard !bytes.isEmpty, bytes.count <= 255, bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func address(_ bytes: [UInt8]) -> String? {
        guard bytes.count == 4 || bytes.count == 16 else { return nil }
        return try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: 0).ipAddress
    }

    /// Swallows the errors of a handshake without trust.
    private final class Ignore: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
