import Foundation
import Glibc
import HTTPTypes
import NIOCore
import TestConditions
import TestSupport
import Testing

@testable import LatchkeyHTTP

/// Peers that break HTTP/2, flood or fall silent. Each test ends when the server closes the connection: `openssl` sends
/// frames written out by hand and stays until then.
@Suite(.endsHang) struct HTTP2ConnectionTests {
    /// A frame of RFC 9113 4.1.
    struct Frame: Equatable, Sendable {
        var type: UInt8
        var flags: UInt8 = 0
        var stream: UInt8 = 0
        var payload: [UInt8] = []

        var bytes: [UInt8] {
            [0, UInt8(payload.count >> 8), UInt8(payload.count & 0xFF), type, flags, 0, 0, 0, stream] + payload
        }

        static let settings = Frame(type: 4)
        static let ping = Frame(type: 6, payload: [UInt8](repeating: 7, count: 8))

        /// `GET /`, or with `path` false a request without the path that it must have.
        static func get(stream: UInt8, path: Bool = true) -> Frame {
            Frame(type: 1, flags: 5, stream: stream, payload: [0x82, 0x87] + (path ? [0x84] : []) + [0x41, 1, 0x61])
        }

        /// `GET /` with more fields, in as many frames as it takes (RFC 9113 6.10).
        static func get(stream: UInt8, fields: [UInt8], end: UInt8 = 4) -> [Frame] {
            var block = ([0x82, 0x87, 0x84, 0x41, 1, 0x61] + fields)[...]
            var frames: [Frame] = []
            repeat {
                let part = Array(block.prefix(16_384))
                block = block.dropFirst(part.count)
                let isLast: UInt8 = block.isEmpty ? end : 0
                frames.append(
                    frames.isEmpty
                        ? Frame(type: 1, flags: 1 | isLast, stream: stream, payload: part)
                        : Frame(type: 9, flags: isLast, stream: stream, payload: part))
            } while !block.isEmpty
            return frames
        }

        /// A field that is not kept in the table (RFC 7541 6.2.2), or with `first` 0x40 one that is.
        static func field(_ name: String, _ length: Int, first: UInt8 = 0) -> [UInt8] {
            var size: [UInt8] = [UInt8(min(length, 127))]
            if length >= 127 {
                var rest = length - 127
                while rest >= 128 {
                    size.append(UInt8(rest % 128 + 128))
                    rest /= 128
                }
                size.append(UInt8(rest))
            }
            return [first, UInt8(name.utf8.count)] + Array(name.utf8) + size + [UInt8](repeating: 0x78, count: length)
        }

        /// The client takes no byte of an answer's content.
        static let noWindow = Frame(type: 4, payload: [0, 4, 0, 0, 0, 0])

        static func reset(stream: UInt8) -> Frame { Frame(type: 3, stream: stream, payload: [0, 0, 0, 8]) }

        static func parse(_ data: Data) -> [Frame] {
            var rest = Array(data)[...]
            var frames: [Frame] = []
            while rest.count >= 9 {
                let head = Array(rest.prefix(9))
                let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
                let payload = Array(rest.dropFirst(9).prefix(length))
                frames.append(Frame(type: head[3], flags: head[4], stream: head[8], payload: payload))
                rest = rest.dropFirst(9 + length)
            }
            return frames
        }
    }

    /// What a server with `limits` sends to a peer that sends `frames` and then nothing, until the server closes.
    private func talk(_ limits: TransportLimits, _ frames: [Frame]) async throws -> [Frame] {
        try await talkTo(limits, frames) { _, client, output in
            _ = try await client.exit()
            return Frame.parse(try output())
        }
    }

    /// The same, until what has come is enough.
    private func talk(
        _ limits: TransportLimits, _ frames: [Frame], until isEnough: @escaping @Sendable ([Frame]) -> Bool
    ) async throws -> [Frame] {
        try await talkTo(limits, frames) { _, client, output in
            while client.isRunning {
                let answer = Frame.parse(try output())
                guard !isEnough(answer) else {
                    client.signal(SIGKILL)
                    _ = try await client.exit()
                    return answer
                }
                try await Task.sleep(for: .milliseconds(10))
            }
            return Frame.parse(try output())
        }
    }

    /// Whether the answer on a stream is complete.
    private static func ends(_ stream: UInt8) -> @Sendable ([Frame]) -> Bool {
        { frames in frames.contains { $0.type <= 1 && $0.stream == stream && $0.flags & 1 == 1 } }
    }

    /// The same, while `body` looks on.
    private func talkTo<Result: Sendable>(
        _ limits: TransportLimits, _ frames: [Frame],
        _ body: @Sendable (ServerFixture, ChildProcess, @Sendable () throws -> Data) async throws -> Result
    ) async throws -> Result {
        try await withTemporaryFolder { folder in
            let files = TLSTests.Files(folder: folder)
            try await files.makeCertificate(files.certificate, files.key)
            let identity = try TLSIdentity(certificatePath: files.certificate, privateKeyPath: files.key)
            let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
            let input = Data(preface + Frame.settings.bytes + frames.flatMap(\.bytes))
            try input.write(to: URL(fileURLWithPath: folder + "/in"))
            return try await ServerFixture.run(limits: limits, tls: identity) { server in
                let client = try ChildProcess(
                    ["openssl", "s_client", "-quiet", "-alpn", "h2", "-connect", "127.0.0.1:\(server.port)"],
                    input: folder + "/in", output: folder + "/out")
                return try await body(server, client) { try Data(contentsOf: URL(fileURLWithPath: folder + "/out")) }
            }
        }
    }

    /// Nothing but a fault of the peer ends a connection.
    private static var patient: TransportLimits {
        var limits = TransportLimits()
        limits.idleTimeout = .hours(1)
        limits.responseDeadline = .hours(1)
        limits.requestDeadline = .hours(1)
        return limits
    }

    private static var impatient: TransportLimits {
        var limits = TransportLimits()
        limits.idleTimeout = .milliseconds(100)
        limits.shutdownGrace = .milliseconds(100)
        return limits
    }

    @Test func `a flood of PINGs ends the connection`() async throws {
        let answer = try await talk(Self.patient, [Frame](repeating: .ping, count: 300))
        #expect(answer.filter { $0.type == 7 }.count == 1)
        #expect(answer.filter { $0.type == 6 }.count <= 200)
    }

    @Test func `a flood of SETTINGS ends the connection`() async throws {
        let answer = try await talk(Self.patient, [Frame](repeating: .settings, count: 300))
        #expect(answer.filter { $0.type == 7 }.count == 1)
    }

    @Test func `rapid reset ends the connection`() async throws {
        let frames = (0..<120).flatMap { index in
            let stream = UInt8(2 * index + 1)
            return [Frame.get(stream: stream)] + [Frame](repeating: .reset(stream: stream), count: 2)
        }
        #expect(try await talk(Self.patient, frames).contains { $0.type == 7 })
    }

    @Test func `a frame that HTTP 2 does not allow ends the connection`() async throws {
        let answer = try await talk(Self.patient, [Frame(type: 0, stream: 0, payload: [1])])
        #expect(answer.contains { $0.type == 7 })
    }

    @Test func `a malformed request leaves the connection to the others`() async throws {
        let answer = try await talk(
            Self.patient, [.get(stream: 1, path: false), .get(stream: 3)], until: Self.ends(3))
        #expect(answer.contains { $0.type == 3 && $0.stream == 1 })
        #expect(answer.contains { $0.type == 1 && $0.stream == 3 })
    }

    @Test func `a connection without a request ends after the idle time`() async throws {
        #expect(try await talk(Self.impatient, []).contains { $0.type == 4 })
    }

    @Test func `an idle connection ends although the peer answers no PING`() async throws {
        var limits = Self.impatient
        // The client has to have asked by then.
        limits.idleTimeout = .seconds(8)
        let answer = try await talk(limits, [.get(stream: 1)])
        #expect(answer.contains { $0.type == 1 && $0.stream == 1 })
        #expect(answer.contains { $0.type == 6 && $0.flags == 0 })
    }

    // MARK: Heads

    /// All of it is sent before the server's SETTINGS are seen, as clients do.
    @Test(arguments: [
        (5, "a", 7500), (300, "a", 1), (1, "a", 30_000), (1, "a", 100_000), (2, "cookie", 9000),
    ])
    func `a head that is too large is refused on its stream, and the others go on`(
        count: Int, name: String, length: Int
    ) async throws {
        let fields = (0..<count).flatMap { _ in Frame.field(name, length) }
        let frames = Frame.get(stream: 1, fields: fields) + [.get(stream: 3)]
        let answer = try await talk(Self.patient, frames, until: Self.ends(3))
        #expect(Self.content(answer, 1) == "problem headers_too_large")
        #expect(Self.content(answer, 3) == "problem not_found")
        #expect(!answer.contains { $0.type == 3 || ($0.type == 7 && Self.code($0) != 0) })
    }

    @Test func `a cookie in many pieces is one field`() async throws {
        let fields = (0..<200).flatMap { _ in Frame.field("cookie", 20) }
        let answer = try await talk(Self.patient, Frame.get(stream: 1, fields: fields), until: Self.ends(1))
        #expect(Self.content(answer, 1) == "problem not_found")
    }

    @Test func `trailers that are too large are refused`() async throws {
        let head = Frame(type: 1, flags: 4, stream: 1, payload: [0x83, 0x87, 0x84, 0x41, 1, 0x61])
        let trailers = Frame(type: 1, flags: 5, stream: 1, payload: (0..<150).flatMap { Frame.field("n\($0)", 1) })
        let answer = try await talk(Self.patient, [head, trailers], until: Self.ends(1))
        #expect(Self.content(answer, 1) == "problem headers_too_large")
    }

    enum BeyondMeasure: CaseIterable {
        /// A table's entry that is asked for again and again: 50 bytes for 160,000.
        case unpacksToMuch
        case longField
        case endlessContinuations

        var frames: [Frame] {
            switch self {
            case .unpacksToMuch:
                Frame.get(
                    stream: 1, fields: Frame.field("a", 4000, first: 0x40) + [UInt8](repeating: 0xBE, count: 40))
            case .longField: Frame.get(stream: 1, fields: Frame.field("a", 200_000))
            case .endlessContinuations:
                Frame.get(stream: 1, fields: [], end: 0) + [Frame](repeating: Frame(type: 9, stream: 1), count: 100)
            }
        }
    }

    @Test(arguments: BeyondMeasure.allCases)
    func `a head beyond all measure ends the connection`(head: BeyondMeasure) async throws {
        let answer = try await talk(Self.patient, head.frames)
        #expect(answer.contains { $0.type == 7 && Self.code($0) != 0 })
    }

    @Test(arguments: 1...60)
    func `this server's settings hold before the client has acknowledged them`(piece: Int) {
        let before = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + Frame.noWindow.bytes
        let acknowledgement = Frame(type: 4, flags: 1).bytes
        let after = Frame.get(stream: 1).bytes + Frame.ping.bytes
        let end = Frame.ping.bytes + acknowledgement + [1, 2, 3]
        var input = (before + after + acknowledgement + end)[...]
        let handler = HTTP2EarlySettings()
        var output: [UInt8] = []
        while !input.isEmpty {
            output += Array(handler.follow(ByteBuffer(bytes: input.prefix(piece))).readableBytesView)
            input = input.dropFirst(piece)
        }
        #expect(output == before + acknowledgement + after + end)
    }

    /// What is no acknowledgement of this server's settings is left to the protocol handler; so is all that comes after one.
    @Test(
        arguments: [
            (Frame(type: 4, flags: 1, stream: 1), true), (Frame(type: 4, flags: 1, stream: 255), true),
            (Frame(type: 4, flags: 1, payload: [0, 4, 0, 0, 0, 0]), true), (Frame(type: 4, flags: 1), false),
            // Flags without a meaning are ignored (RFC 9113 4.1).
            (Frame(type: 4, flags: 0xFF), false), (.settings, true), (.ping, true),
        ] as [(Frame, Bool)])
    func `only an acknowledgement of the connection's settings is dropped`(frame: Frame, passes: Bool) {
        let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        let acknowledgement = Frame(type: 4, flags: 1).bytes
        let input = preface + Frame.settings.bytes + frame.bytes + Frame.ping.bytes
        let output = HTTP2EarlySettings().follow(ByteBuffer(bytes: input))
        let expected =
            preface + Frame.settings.bytes + acknowledgement + (passes ? frame.bytes : []) + Frame.ping.bytes
        #expect(Array(output.readableBytesView) == expected)
    }

    @Test func `a reserved bit before the stream's number does not make an acknowledgement another`() {
        var acknowledgement = Frame(type: 4, flags: 1).bytes
        acknowledgement[5] = 0x80
        let handler = HTTP2EarlySettings()
        let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
        _ = handler.follow(ByteBuffer(bytes: preface + Frame.settings.bytes))
        #expect(handler.follow(ByteBuffer(bytes: acknowledgement)).readableBytes == 0)
    }

    @Test func `a connection that does not begin with settings is given none`() {
        let input = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + Frame(type: 4, flags: 1).bytes
        #expect(Array(HTTP2EarlySettings().follow(ByteBuffer(bytes: input)).readableBytesView) == input)
    }

    @Test(arguments: [
        Frame(type: 4, flags: 1, stream: 1), Frame(type: 4, flags: 1, payload: [0, 4, 0, 0, 0, 0]),
    ])
    func `an acknowledgement that HTTP 2 does not allow ends the connection`(frame: Frame) async throws {
        let answer = try await talk(Self.patient, [frame, .get(stream: 3)]) { answer in
            Self.ends(3)(answer) || answer.contains { $0.type == 7 }
        }
        #expect(answer.contains { $0.type == 7 && Self.code($0) != 0 })
    }

    // MARK: Answers that wait

    @Test func `streams beyond the bound are refused, and a connection always has one`() async throws {
        var limits = Self.patient
        limits.responseDeadline = .milliseconds(100)
        limits.maxFurtherStreams = 3
        let frames = [.noWindow] + (0..<100).map { Frame.get(stream: UInt8(2 * $0 + 1)) }
        let answer = try await talk(limits, frames) { $0.filter { $0.type == 3 }.count == 100 }
        let resets = answer.filter { $0.type == 3 }
        // REFUSED_STREAM: nothing was done, and the client may try again.
        let refused = resets.filter { Self.code($0) == 7 }.map(\.stream)
        let expected: [UInt8] = (4..<100).map { UInt8(2 * $0 + 1) }
        #expect(refused.sorted() == expected)
        let served: Set<UInt8> = [1, 3, 5, 7]
        #expect(Set(answer.filter { $0.type == 1 }.map(\.stream)) == served)
        // What its client takes nothing of is cut off.
        let cut = resets.filter { Self.code($0) != 7 }.map(\.stream)
        #expect(Set(cut) == served)
        #expect(!answer.contains { $0.type == 0 })
    }

    @Test func `a stream that has ended makes room for the next`() async throws {
        var limits = Self.patient
        limits.maxFurtherStreams = 0
        let frames = [Frame.get(stream: 1), .reset(stream: 1), .get(stream: 3)]
        let answer = try await talk(limits, frames) { answer in
            answer.contains { $0.stream == 3 && ($0.type == 3 || $0.flags & 1 == 1) }
        }
        #expect(answer.contains { $0.type == 1 && $0.stream == 3 })
        #expect(!answer.contains { $0.type == 3 && Self.code($0) == 7 })
    }

    @Test func `a connection that is gone gives its streams back`() async throws {
        var limits = Self.patient
        limits.maxFurtherStreams = 50
        let frames = [.noWindow] + (0..<80).map { Frame.get(stream: UInt8(2 * $0 + 1)) }
        try await talkTo(limits, frames) { server, client, output in
            while Frame.parse(try output()).filter({ $0.type == 3 }).count < 29 {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(server.listeners.furtherStreams == 50)
            client.signal(SIGKILL)
            _ = try await client.exit()
            try await eventually("the streams are given back") { server.listeners.furtherStreams == 0 }
        }
    }

    /// Asks for a long answer with the largest window there is and, when its first bytes have come, for a short one. Reads
    /// on when the server has that request, and prints how much of the long answer comes before the short one.
    private static let slowReader = #"""
        import os, socket, ssl, sys, time

        def frame(kind, flags, stream, payload):
            return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload

        def get(stream, path):
            return frame(1, 5, stream, b"\x82\x87\x04" + bytes([len(path)]) + path + b"\x41\x01a")

        def read():
            head = answers.read(9)
            length = int.from_bytes(head[:3], "big")
            assert len(head) == 9 and len(answers.read(length)) == length
            return head[3], int.from_bytes(head[5:], "big"), length

        plain = socket.socket()
        # What the system keeps for a reader is not what this is about.
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        plain.settimeout(600)
        plain.connect(("127.0.0.1", int(sys.argv[1])))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        server = context.wrap_socket(plain)
        answers = server.makefile("rb")
        windows = frame(4, 0, 0, b"\0\x04\x7f\xff\xff\xff") + frame(8, 0, 0, b"\x7f\xff\0\0")
        server.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + windows + get(1, b"/long"))
        while read()[0] != 0:
            pass
        server.sendall(get(3, b"/short"))
        limit = time.monotonic() + 600
        while not os.path.exists(sys.argv[2]) and time.monotonic() < limit:
            time.sleep(0.003)
        count = 0
        while True:
            kind, stream, length = read()
            if stream == 3:
                break
            count += length if kind == 0 else 0
        print(count)
        """#

    /// What were written at once would be encrypted at once, for each client that has a large window and does not read.
    @Test func `a long answer goes out in pieces, each when the one before has left`() async throws {
        // Several times what the system takes for a connection whose client does not read.
        let long = ByteBuffer(repeating: UInt8(ascii: "x"), count: 64 * 1024 * 1024)
        try await withTemporaryFolder { folder in
            let asked = folder + "/asked"
            let routes = [
                Route(.get, "/long", "long", .open { _, _ in Response(status: .ok, body: long) }),
                Route(
                    .get, "/short", "short",
                    .open { _, _ in
                        try Data().write(to: URL(fileURLWithPath: asked))
                        return ServerFixture.text("short")
                    }),
            ]
            let files = TLSTests.Files(folder: folder)
            try await files.makeCertificate(files.certificate, files.key)
            let identity = try TLSIdentity(certificatePath: files.certificate, privateKeyPath: files.key)
            try await ServerFixture.run(routes: routes, limits: Self.patient, tls: identity) { server in
                let reader = ["python3", "-c", Self.slowReader, "\(server.port)", asked]
                let (status, output) = try await runProgram(reader)
                #expect(status == 0)
                let before = try #require(Int(output.filter(\.isNumber)))
                #expect(before < long.readableBytes / 2, "the rest waits here, and is neither copied nor encrypted")
            }
        }
    }

    private static func content(_ frames: [Frame], _ stream: UInt8) -> String {
        String(decoding: frames.filter { $0.type == 0 && $0.stream == stream }.flatMap(\.payload), as: UTF8.self)
    }

    /// Of RST_STREAM and GOAWAY.
    private static func code(_ frame: Frame) -> UInt8? { frame.type == 7 ? frame.payload[7] : frame.payload.last }

    @Test(
        arguments: [
            ([0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11], true),
            ([0, 0, 8, 7, 0, 0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0], false),
            ([0, 0, 8, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 11], false),
            ([0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], false),
        ] as [([UInt8], Bool)])
    func `only GOAWAY with an error gives a connection up`(_ frame: [UInt8], _ expected: Bool) {
        #expect(HTTP2GoAwayWatch.givesUp(ByteBuffer(bytes: frame)) == expected)
    }
}
