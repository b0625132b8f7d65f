import Foundation
import Glibc
import HTTPTypes
import LatchkeyHTTP
import NIOCore
import Testing

/// Bad input that must end before a handler: sizes, times and malformed HTTP.
@Suite struct RequestLimitsTests {
    private static func exchange(
        _ pieces: [String], limits: TransportLimits = TransportLimits()
    ) async throws -> String {
        try await ServerFixture.run(limits: limits) { server in
            let port = server.port
            return try await blocking {
                let connection = try RawConnection(port: port)
                for piece in pieces { connection.send(piece) }
                return try connection.receiveAll()
            }
        }
    }

    private static let head = "POST /echo HTTP/1.1\r\nHost: a\r\n"

    @Test func `a body of 64 KiB passes`() async throws {
        let body = String(repeating: "x", count: 65_536)
        let answer = try await Self.exchange([
            Self.head + "Connection: close\r\nContent-Length: 65536\r\n\r\n", body,
        ])
        #expect(answer.status == 200)
        #expect(answer.body == body)
    }

    @Test func `a body of 64 KiB and one byte is refused and the connection ends`() async throws {
        let answer = try await Self.exchange([
            Self.head + "Content-Length: 65537\r\n\r\n", String(repeating: "x", count: 65_537),
        ])
        #expect(answer.status == 413)
        #expect(answer.body == "problem payload_too_large")
        #expect(answer.header("Connection") == "close")
    }

    @Test func `a Content-Length that says more is refused before the body is sent`() async throws {
        let answer = try await Self.exchange([Self.head + "Content-Length: 99999999\r\n\r\n"])
        #expect(answer.status == 413)
    }

    @Test func `a chunked body of 64 KiB and one byte is refused`() async throws {
        let chunk = "8000\r\n" + String(repeating: "x", count: 0x8000) + "\r\n"
        let answer = try await Self.exchange([
            Self.head + "Transfer-Encoding: chunked\r\n\r\n", chunk, chunk, "1\r\nx\r\n0\r\n\r\n",
        ])
        #expect(answer.status == 413)
    }

    @Test func `a header of one megabyte is refused with 431`() async throws {
        let answer = try await Self.exchange([
            "GET /who HTTP/1.1\r\nHost: a\r\nX-Big: ", String(repeating: "x", count: 1 << 20), "\r\n\r\n",
        ])
        #expect(answer.status == 431)
        #expect(answer.body == "problem headers_too_large")
    }

    @Test func `many headers are refused with 431`() async throws {
        let fields = (0..<200).map { "X-\($0): 1\r\n" }.joined()
        let answer = try await Self.exchange(["GET /who HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"])
        #expect(answer.status == 431)
    }

    @Test func `a long request target is refused with 431`() async throws {
        let target = "/who?" + String(repeating: "x", count: 9000)
        let answer = try await Self.exchange(["GET \(target) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"])
        #expect(answer.status == 431)
    }

    @Test(arguments: [
        "POST /oauth2/token HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nab",
        "POST /oauth2/token HTTP/1.1\r\nHost: a\r\n",
    ])
    func `a request that does not arrive in time is cut with 408`(start: String) async throws {
        var limits = TransportLimits()
        limits.requestDeadline = .milliseconds(150)
        let answer = try await Self.exchange([start], limits: limits)
        #expect(answer.status == 408)
        #expect(answer.header("Connection") == "close")
        // Only a complete head names a path, and with it a format.
        #expect(answer.body == (start.contains("\r\n\r\n") ? "oauth request_timeout" : "problem request_timeout"))
    }

    @Test func `dripping bytes does not extend the deadline`() async throws {
        var limits = TransportLimits()
        limits.requestDeadline = .milliseconds(150)
        let answer = try await ServerFixture.run(limits: limits) { server in
            let port = server.port
            return try await blocking {
                let connection = try RawConnection(port: port)
                connection.send(Self.head + "Content-Length: 100000\r\n\r\n".replacing("100000", with: "60000"))
                for _ in 0..<40 {
                    connection.send("x")
                    usleep(10_000)
                }
                return try connection.receiveAll()
            }
        }
        #expect(answer.status == 408)
    }

    @Test func `a silent connection is closed without a word`() async throws {
        var limits = TransportLimits()
        limits.requestDeadline = .milliseconds(100)
        #expect(try await Self.exchange([], limits: limits).isEmpty)
    }

    @Test func `a kept-alive connection is closed when idle`() async throws {
        var limits = TransportLimits()
        limits.idleTimeout = .milliseconds(100)
        let answer = try await Self.exchange(["GET /who HTTP/1.1\r\nHost: a\r\n\r\n"], limits: limits)
        #expect(answer.status == 200)
        #expect(answer.header("Connection") == nil)
    }

    @Test(arguments: [
        "NONSENSE\r\n\r\n",
        "GET /who HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n",
        "GET /who HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET /who HTTP/1.1\r\n\r\n",
        "GET /who HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    ])
    func `malformed HTTP gets 400 with a body and the connection ends`(request: String) async throws {
        let answer = try await Self.exchange([request])
        #expect(answer.status == 400)
        #expect(answer.body == "problem invalid_request")
        #expect(answer.header("X-Request-Id")?.count == 16)
    }

    @Test func `a second malformed request does not spoil the first answer`() async throws {
        let answer = try await Self.exchange(["GET /who HTTP/1.1\r\nHost: a\r\n\r\nNONSENSE\r\n\r\n"])
        #expect(answer.status == 200)
        #expect(answer.contains("problem invalid_request"))
    }

    @Test func `pipelined requests are answered in their order`() async throws {
        let get = { (name: String, end: String) in "GET /things/\(name) HTTP/1.1\r\nHost: a\r\n\(end)\r\n" }
        let answer = try await Self.exchange([get("one", "") + get("two", "") + get("three", "Connection: close\r\n")])
        let bodies = answer.components(separatedBy: "HTTP/1.1 200 OK").dropFirst().map(\.body)
        #expect(bodies.map { $0.trimmingCharacters(in: .whitespacesAndNewlines) } == ["one", "two", "three"])
    }

    /// Otherwise reading stops; but after a half-close the channel reads all there is.
    @Test func `a client that half-closes behind hundreds of pipelined requests is cut off`() async throws {
        let slow = Route.open(.get, "/slow", operation: "slow") { _, _ in
            try await Task.sleep(for: .seconds(30))
            return ServerFixture.text("slow")
        }
        let answers = try await ServerFixture.run(routes: [slow]) { server in
            let port = server.port
            return try await blocking {
                let connection = try RawConnection(port: port)
                connection.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
                let many = String(repeating: "GET /things/one HTTP/1.1\r\nHost: a\r\n\r\n", count: 1000)
                connection.send(many)
                connection.endSending()
                let cut: String
                do {
                    cut = try connection.receiveAll()
                } catch let failure as RawConnection.Failure where failure.call == "recv \(ECONNRESET)" {
                    // Closed with unread input.
                    cut = ""
                }
                let other = try RawConnection(port: port)
                other.send("GET /things/two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                return (cut: cut, other: try other.receiveAll())
            }
        }
        #expect(answers.cut.isEmpty)
        #expect(answers.other.contains("200 OK"))
    }

    @Test func `a client that waits for 100 Continue gets it`() async throws {
        let answer = try await ServerFixture.run { server in
            let port = server.port
            return try await blocking {
                let connection = try RawConnection(port: port)
                connection.send(Self.head + "Connection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
                let interim = try connection.receiveResponse()
                connection.send("ok")
                return interim + (try connection.receiveAll())
            }
        }
        #expect(answer.hasPrefix("HTTP/1.1 100"))
        #expect(answer.hasSuffix("ok"))
    }

    // MARK: Codings and chunks

    @Test(arguments: ["gzip, chunked", "deflate,chunked", "gzip", "identity", "gzip\r\nTransfer-Encoding: chunked"])
    func `a transfer coding that is not understood is refused with 501, and the connection ends`(
        coding: String
    ) async throws {
        let answer = try await Self.exchange([
            Self.head + "Transfer-Encoding: \(coding)\r\n\r\n", "2\r\nok\r\n0\r\n\r\n",
            "GET /things/smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
        ])
        #expect(answer.status == 501)
        #expect(answer.body == "problem not_implemented")
        #expect(answer.header("Connection") == "close")
    }

    @Test(arguments: [
        Self.head + "Transfer-Encoding: chunked, gzip\r\n\r\n",
        Self.head + "Transfer-Encoding: chunked, chunked\r\n\r\n",
        "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    ])
    func `a body whose end cannot be known is refused with 400, and the connection ends`(request: String) async throws {
        let answer = try await Self.exchange([request])
        #expect(answer.status == 400)
        #expect(answer.header("Connection") == "close")
    }

    @Test(arguments: ["chunked", " Chunked", " CHUNKED", "\tchunked "])
    func `a chunked body passes, in the smallest chunks too`(coding: String) async throws {
        let chunks = String(repeating: "1;a=b\r\nx\r\n", count: 20_000)
        let answer = try await Self.exchange([
            Self.head + "Connection: close\r\nTransfer-Encoding:\(coding)\r\n\r\n", chunks, "0\r\n\r\n",
        ])
        #expect(answer.status == 200)
        #expect(answer.body.utf8.count == 20_000)
    }

    @Test(arguments: [
        ["2;e=", String(repeating: "x", count: 70_000), "\r\nok\r\n0\r\n\r\n"],
        ["2\r\nok\r\n0;", String(repeating: "x", count: 1 << 20), "\r\n\r\n"],
        [String(repeating: "2;extension=0123456789abcdef0123456789abcdef\r\nok\r\n", count: 5000), "0\r\n\r\n"],
    ])
    func `chunk extensions are bounded`(chunks: [String]) async throws {
        let answer = try await Self.exchange([Self.head + "Transfer-Encoding: chunked\r\n\r\n"] + chunks)
        #expect(answer.status == 413)
        #expect(answer.header("Connection") == "close")
    }

    @Test(arguments: [
        String(repeating: "X-Trailer: 1\r\n", count: 200),
        "X-Trailer: " + String(repeating: "x", count: 40_000) + "\r\n",
    ])
    func `trailers are bounded`(trailers: String) async throws {
        let answer = try await Self.exchange([
            Self.head + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n", trailers, "\r\n",
        ])
        #expect(answer.status == 431)
        #expect(answer.header("Connection") == "close")
    }

    @Test func `white space between fields is bounded`() async throws {
        let answer = try await Self.exchange([
            "GET /who HTTP/1.1\r\nHost: a\r\nX-A: ", String(repeating: " ", count: 1 << 20), "b\r\n\r\n",
        ])
        #expect(answer.status == 431)
        #expect(answer.header("Connection") == "close")
    }

    @Test func `what is too much behind a request under way is refused after its answer`() async throws {
        let gate = Gate()
        let slow = Route.open(.get, "/slow", operation: "slow") { _, _ in
            await gate.arriveAndWait()
            return ServerFixture.text("slow")
        }
        let answer = try await ServerFixture.run(routes: [slow]) { server in
            let port = server.port
            let connection = try await blocking { try RawConnection(port: port) }
            try await blocking { connection.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n") }
            await gate.waitForArrival()
            try await blocking {
                connection.send("GET /who HTTP/1.1\r\nHost: a\r\nX-A: " + String(repeating: " ", count: 1 << 20))
            }
            await gate.open()
            return try await blocking { try connection.receiveAll() }
        }
        #expect(answer.status == 200)
        #expect(answer.contains("HTTP/1.1 431"))
    }
}
