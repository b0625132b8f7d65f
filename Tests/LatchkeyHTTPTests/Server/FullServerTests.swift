import Foundation
import HTTPTypes
import LatchkeyHTTP
import NIOCore
import TestConditions
import TestSupport
import Testing

/// All places for connections are taken.
@Suite(.endsHang) struct FullServerTests {
    private static func get(_ name: String, close: Bool = false) -> String {
        "GET /things/\(name) HTTP/1.1\r\nHost: a\r\n\(close ? "Connection: close\r\n" : "")\r\n"
    }

    private static func limits(_ connections: Int) -> TransportLimits {
        var limits = TransportLimits()
        limits.maxConnections = connections
        limits.idleTimeout = .hours(1)
        limits.requestDeadline = .hours(1)
        return limits
    }

    @Test func `the longest idle connection is closed for a new one, the others stay`() async throws {
        try await ServerFixture.run(limits: Self.limits(2)) { server in
            let port = server.port
            try await blocking {
                let connections = try ["one", "two"].map { name in
                    let connection = try RawConnection(port: port)
                    connection.send(Self.get(name))
                    #expect(try connection.receiveResponse().body == name)
                    return connection
                }
                // Used last, so the second one is idle for longest.
                connections[0].send(Self.get("again"))
                #expect(try connections[0].receiveResponse().body == "again")
                let third = try RawConnection(port: port)
                third.send(Self.get("three"))
                #expect(try third.receiveResponse().body == "three")
                #expect(try connections[1].receiveAll().isEmpty)
                for connection in [connections[0], third] {
                    connection.send(Self.get("still", close: true))
                    #expect(try connection.receiveAll().body == "still")
                }
            }
        }
    }

    @Test func `connections that never said anything make room as well`() async throws {
        try await ServerFixture.run(limits: Self.limits(3)) { server in
            let port = server.port
            try await blocking {
                let silent = try (0..<20).map { _ in try RawConnection(port: port) }
                let last = try RawConnection(port: port)
                last.send(Self.get("last", close: true))
                #expect(try last.receiveAll().body == "last")
                // At most the three that came last are still there.
                for connection in silent.dropLast(3) { #expect(try connection.receiveAll().isEmpty) }
            }
        }
    }

    @Test func `a connection with a request under way is not closed for another`() async throws {
        let gate = Gate()
        let slow = Route.open(.get, "/slow", operation: "slow") { _, _ in
            await gate.arriveAndWait()
            return ServerFixture.text("slow")
        }
        try await ServerFixture.run(routes: [slow], limits: Self.limits(1)) { server in
            let port = server.port
            async let answer = RawConnection.exchange(
                "GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", port: port)
            await gate.waitForArrival()
            for name in ["two", "three", "four"] {
                // Each is served, and closed at the end of its request, for whoever may come.
                let other = try await RawConnection.exchange(Self.get(name), port: port)
                #expect(other.body == name)
            }
            await gate.open()
            #expect(try await answer.body == "slow")
        }
    }

    @Test func `an idle HTTP 2 connection makes room although its peer does not say goodbye`() async throws {
        try await withTemporaryFolder { folder in
            let files = TLSTests.Files(folder: folder)
            try await files.makeCertificate(files.certificate, files.key)
            let identity = try TLSIdentity(certificatePath: files.certificate, privateKeyPath: files.key)
            let preface = Data("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + Data([0, 0, 0, 4, 0, 0, 0, 0, 0])
            try preface.write(to: URL(fileURLWithPath: folder + "/in"))
            try await ServerFixture.run(limits: Self.limits(1), tls: identity) { server in
                let client = try ChildProcess(
                    ["openssl", "s_client", "-quiet", "-alpn", "h2", "-connect", "127.0.0.1:\(server.port)"],
                    input: folder + "/in", output: folder + "/out")
                while try Data(contentsOf: URL(fileURLWithPath: folder + "/out")).isEmpty {
                    try await Task.sleep(for: .milliseconds(10))
                }
                let (_, answer) = try await files.fetch(server.port, trusting: files.certificate)
                #expect(answer == "127.0.0.1 false true false 200 2")
                _ = try await client.exit()
            }
        }
    }
}
