import Foundation
import NIOCore
import TestConditions
import TestSupport
import Testing

@testable import LatchkeyHTTP

/// Peers that break HTTP/2, flood or fall silent. Each test ends when the server closes the connection: `openssl` sends
/// frames written out by hand and stays until then.
@Suite(.endsHang) struct HTTP2ConnectionTests {
    /// A frame of RFC 9113 4.1.
    private struct Frame: Equatable {
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
                _ = try await client.exit()
                return Frame.parse(try Data(contentsOf: URL(fileURLWithPath: folder + "/out")))
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
        let answer = try await talk(Self.impatient, [.get(stream: 1, path: false), .get(stream: 3)])
        #expect(answer.contains { $0.type == 3 && $0.stream == 1 })
        #expect(answer.contains { $0.type == 1 && $0.stream == 3 })
    }

    @Test func `a connection without a request ends after the idle time`() async throws {
        #expect(try await talk(Self.impatient, []).contains { $0.type == 4 })
    }

    @Test func `an idle connection ends although the peer answers no PING`() async throws {
        let answer = try await talk(Self.impatient, [.get(stream: 1)])
        #expect(answer.contains { $0.type == 1 && $0.stream == 1 })
        #expect(answer.contains { $0.type == 6 && $0.flags == 0 })
    }

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
