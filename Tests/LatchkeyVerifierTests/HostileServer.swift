import NIOCore
import NIOPosix
import Synchronization

/// A server on loopback that answers by a script, byte for byte: nothing that a careless or evil server, or a proxy in
/// between, could do is out of its reach.
final class HostileServer: Sendable {
    /// One request as it came.
    struct Call: Sendable {
        let method: String
        /// With the query.
        let target: String
        /// The whole head in lower case.
        let head: String
        let body: String

        var path: String { String(target.prefix { $0 != "?" }) }
    }

    /// What goes back.
    struct Reply: Sendable {
        var head: String
        var body: [UInt8]
        /// Sends the body a byte at a time, with so many milliseconds between.
        var dripMilliseconds: Int64?
        /// Says nothing at all and keeps the connection.
        var hangs = false
        /// Ends the connection without a word.
        var resets = false

        static func ok(_ body: [UInt8], _ type: String = "application/json", _ fields: String = "") -> Reply {
            .status("200 OK", body, "Content-Type: \(type)\r\n\(fields)")
        }

        static func status(_ status: String, _ body: [UInt8] = [], _ fields: String = "") -> Reply {
            Reply(
                head: "HTTP/1.1 \(status)\r\nConnection: close\r\nContent-Length: \(body.count)\r\n\(fields)\r\n",
                body: body)
        }

        static var hang: Reply { Reply(head: "", body: [], hangs: true) }
        static var reset: Reply { Reply(head: "", body: [], resets: true) }
    }

    private let channel: any Channel
    private let record: Record

    /// - Parameter script: the reply to a call; `number` counts the calls of that path from 0.
    init(_ script: @escaping @Sendable (_ call: Call, _ number: Int) -> Reply) async throws {
        let record = Record()
        self.record = record
        channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Conversation(script: script, record: record))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    var base: String { "http://127.0.0.1:\(channel.localAddress?.port ?? 0)" }

    var calls: [Call] { record.calls.withLock { $0 } }

    func calls(_ path: String) -> [Call] { calls.filter { $0.path == path } }

    /// Stops listening; connections that hang go with their clients.
    func stop() async throws { try await channel.close() }

    fileprivate final class Record: Sendable {
        let calls = Mutex<[Call]>([])

        /// Notes a call and returns how many of its path came before.
        func add(_ call: Call) -> Int {
            calls.withLock { calls in
                calls.append(call)
                return calls.count { $0.path == call.path } - 1
            }
        }
    }
}

/// Reads one request, writes one reply, closes.
private final class Conversation: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let script: @Sendable (HostileServer.Call, Int) -> HostileServer.Reply
    private let record: HostileServer.Record
    private var text = ""

    init(
        script: @escaping @Sendable (HostileServer.Call, Int) -> HostileServer.Reply, record: HostileServer.Record
    ) {
        self.script = script
        self.record = record
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        text += String(buffer: unwrapInboundIn(data))
        guard let end = text.firstRange(of: "\r\n\r\n") else { return }
        let head = text[..<end.lowerBound].lowercased()
        let body = String(text[end.upperBound...])
        let length = head.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
            .flatMap { Int($0.dropFirst(15).filter { $0 != " " }) }
        guard body.utf8.count >= length ?? 0 else { return }
        let words = text.prefix { $0 != "\r\n" }.split(separator: " ")
        guard words.count > 1 else { return }
        text = ""
        let call = HostileServer.Call(method: String(words[0]), target: String(words[1]), head: head, body: body)
        answer(script(call, record.add(call)), on: context.channel)
    }

    private func answer(_ reply: HostileServer.Reply, on channel: any Channel) {
        guard !reply.hangs else { return }
        guard !reply.resets else { return channel.close(promise: nil) }
        channel.writeAndFlush(ByteBuffer(string: reply.head), promise: nil)
        guard let pause = reply.dripMilliseconds else {
            channel.writeAndFlush(ByteBuffer(bytes: reply.body)).whenComplete { _ in channel.close(promise: nil) }
            return
        }
        for (index, byte) in reply.body.enumerated() {
            channel.eventLoop.scheduleTask(in: .milliseconds(pause * Int64(index + 1))) {
                guard channel.isActive else { return }
                channel.writeAndFlush(ByteBuffer(bytes: [byte]), promise: nil)
            }
        }
    }
}
