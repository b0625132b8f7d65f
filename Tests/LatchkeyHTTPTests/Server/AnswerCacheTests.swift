import Glibc
import HTTPTypes
import InMemoryLogging
import LatchkeyHTTP
import Logging
import NIOCore
import Synchronization
import Testing

/// Answers that are given again for the same bytes: only those, only as long as they hold, and never across the border
/// of a request.
@Suite struct AnswerCacheTests {
    /// Counts how often its handler was asked.
    private final class Page: Sendable {
        let asked = Atomic<Int>(0)
        let version = Atomic<Int>(1)

        var route: Route {
            Route.open(
                .get, "/page", operation: "page", query: .tolerant
            ) { _, _ in
                self.asked.add(1, ordering: .sequentiallyConsistent)
                let version = self.version.load(ordering: .sequentiallyConsistent)
                return Response(
                    status: .ok, headers: [.eTag: "\"\(version)\""], body: ByteBuffer(string: "version \(version)"),
                    isCurrent: { self.version.load(ordering: .sequentiallyConsistent) == version })
            }
        }

        var count: Int { asked.load(ordering: .sequentiallyConsistent) }
    }

    private static let request = "GET /page HTTP/1.1\r\nHost: a\r\nX-Poller: one\r\n\r\n"

    /// A connection to a server that has the page.
    private func with<Result: Sendable>(
        _ page: Page, logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        _ body: @escaping @Sendable (RawConnection) throws -> Result
    ) async throws -> (Result, metrics: String) {
        try await ServerFixture.run(routes: [page.route], logger: logger) { server in
            let port = server.port
            let result = try await blocking { try body(try RawConnection(port: port)) }
            return (result, server.scrape())
        }
    }

    private func ask(_ connection: RawConnection, _ text: String = request) throws -> String {
        connection.send(text)
        return try connection.receiveResponse()
    }

    @Test func `the same bytes get the same answer without the handler, under a name and a date of its own`()
        async throws
    {
        let page = Page()
        let (answers, metrics) = try await with(page) { connection in
            try (0..<3).map { _ in try self.ask(connection) }
        }
        #expect(page.count == 1)
        #expect(Set(answers.map { $0.header("X-Request-Id") ?? "" }).count == 3)
        for answer in answers {
            #expect(answer.status == 200)
            #expect(answer.body == "version 1")
            #expect(answer.header("Date") != nil)
        }
        let lines = answers.map { answer in
            answer.split(separator: "\r\n").filter { !$0.hasPrefix("X-Request-Id") }
        }
        #expect(lines[0] == lines[1] && lines[1] == lines[2])
        #expect(metrics.contains("http_requests_total{method=\"GET\",route=\"/page\",status=\"200\"} 3"))
        #expect(metrics.contains("http_request_duration_seconds_count{method=\"GET\",route=\"/page\"} 3"))
    }

    @Test func `an answer that holds no more is not given again`() async throws {
        let page = Page()
        let (bodies, _) = try await with(page) { connection in
            let first = try self.ask(connection)
            page.version.store(2, ordering: .sequentiallyConsistent)
            return [first.body, try self.ask(connection).body, try self.ask(connection).body]
        }
        #expect(bodies == ["version 1", "version 2", "version 2"])
        #expect(page.count == 2)
    }

    @Test(arguments: [
        "GET /page HTTP/1.1\r\nHost: a\r\nX-Poller: two\r\n\r\n",
        "GET /page?x=1 HTTP/1.1\r\nHost: a\r\nX-Poller: one\r\n\r\n",
        "GET /page HTTP/1.1\r\nhost: a\r\nX-Poller: one\r\n\r\n",
    ])
    func `other bytes are another request`(other: String) async throws {
        let page = Page()
        let (answer, _) = try await with(page) { connection in
            _ = try self.ask(connection)
            return try self.ask(connection, other)
        }
        #expect(answer.status == 200)
        #expect(page.count == 2)
    }

    @Test func `HEAD has its own answer, without a body`() async throws {
        let page = Page()
        let head = Self.request.replacing("GET", with: "HEAD")
        let (answers, _) = try await ServerFixture.run(routes: [page.route]) { server in
            let port = server.port
            let text = try await blocking {
                let connection = try RawConnection(port: port)
                connection.send(head)
                connection.send(head.replacing("\r\n\r\n", with: "\r\nConnection: close\r\n\r\n"))
                return try connection.receiveAll()
            }
            return (text, 0)
        }
        #expect(answers.split(separator: "Content-Length: 9").count == 3)
        #expect(!answers.contains("version 1\r\n") && !answers.hasSuffix("version 1"))
    }

    @Test func `known bytes inside another request's body are a body`() async throws {
        let page = Page()
        let known = Self.request
        let (answers, _) = try await with(page) { connection in
            _ = try self.ask(connection)
            let head = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: \(known.utf8.count)\r\n\r\n"
            connection.send(head)
            connection.send(known)
            let echo = try connection.receiveResponse()
            let chunk = String(known.utf8.count, radix: 16) + "\r\n"
            connection.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk)
            connection.send(known)
            connection.send("\r\n0\r\n\r\n")
            return [echo, try connection.receiveResponse()]
        }
        for answer in answers {
            #expect(answer.status == 200)
            #expect(answer.body == known)
        }
        #expect(page.count == 1)
    }

    /// Whatever the pieces, the server must see the requests that a decoder sees.
    @Test(arguments: [
        ["GET /page HTTP/1.1\r\nHost: a\r\nX-Pol", "ler: one\r\n\r\n"],
        ["GET /page HTTP/1.1\r\nHost: a\r\nX-Poller: one\r\n\r", "\n"],
        ["\r\nGET /page HTTP/1.1\r\nHost: a\r\nX-Poller: one\r\n\r\n"],
    ])
    func `a request in pieces is answered once`(pieces: [String]) async throws {
        let page = Page()
        let (text, _) = try await with(page) { connection in
            _ = try self.ask(connection)
            for piece in pieces {
                connection.send(piece)
                // So that it is read by itself.
                usleep(20_000)
            }
            let answer = try connection.receiveResponse()
            connection.send("GET /who HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            return answer + (try connection.receiveAll())
        }
        #expect(text.split(separator: "version 1").count == 2)
        #expect(text.split(separator: "HTTP/1.1 200").count == 2)
    }

    @Test func `the beginning of a request behind a known one is not lost`() async throws {
        let page = Page()
        let (text, _) = try await with(page) { connection in
            _ = try self.ask(connection)
            connection.send(Self.request + "GET /wh")
            let first = try connection.receiveResponse()
            // Complete and known, but in the middle of another: part of a request that is refused.
            connection.send("o HTTP/1.1\r\nHost: a\r\n\r\n")
            let second = try connection.receiveResponse()
            connection.send(Self.request.replacing("\r\n\r\n", with: "\r\nConnection: close\r\n\r\n"))
            return first + "|" + second + "|" + (try connection.receiveAll())
        }
        let parts = text.split(separator: "|")
        #expect(parts.count == 3)
        #expect(parts[0].hasSuffix("version 1"))
        #expect(parts[1].contains("127.0.0.1 false"))
        #expect(parts[2].hasSuffix("version 1"))
    }

    @Test func `known bytes behind half a request belong to it`() async throws {
        let page = Page()
        let (text, _) = try await with(page) { connection in
            _ = try self.ask(connection)
            // The known request becomes a header field of this one, and a bad one: spaces in its name.
            connection.send(Self.request + "GET /who HTTP/1.1\r\n")
            let first = try connection.receiveResponse()
            usleep(20_000)
            connection.send(Self.request)
            return first + "|" + (try connection.receiveAll())
        }
        let parts = text.split(separator: "|")
        #expect(parts.count == 2)
        #expect(parts[1].contains("400 Bad Request"))
        #expect(!parts[1].contains("version 1"))
    }

    @Test func `pipelined requests are all answered, in order`() async throws {
        let page = Page()
        let count = 2000
        let (text, _) = try await with(page) { connection in
            _ = try self.ask(connection)
            let last = "GET /who HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            connection.send(String(repeating: Self.request, count: count) + last)
            return try connection.receiveAll()
        }
        #expect(text.split(separator: "version 1").count == count + 1)
        #expect(text.hasSuffix("127.0.0.1 false false false"))
    }

    @Test func `an answer that takes its time is not given to what comes meanwhile`() async throws {
        let gate = Gate()
        let slow = Route.open(.get, "/slow", operation: "slow") { _, _ in
            await gate.arriveAndWait()
            return Response(status: .ok, body: ByteBuffer(string: "slow"), isCurrent: { true })
        }
        let other = "GET /who HTTP/1.1\r\nHost: a\r\n\r\n"
        let answers = try await ServerFixture.run(routes: [slow]) { server in
            let port = server.port
            let connection = try await blocking {
                let connection = try RawConnection(port: port)
                connection.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
                return connection
            }
            await gate.waitForArrival()
            // A read of its own, while the first is being answered.
            try await blocking {
                connection.send(other)
                usleep(50_000)
            }
            await gate.open()
            return try await blocking {
                let first = try connection.receiveResponse()
                let fresh = try RawConnection(port: port)
                return [first, try self.ask(fresh, other), try self.ask(fresh, other)]
            }
        }
        #expect(answers[0].hasPrefix("HTTP/1.1 200") && answers[0].contains("slow"))
        #expect(answers[1].body == "127.0.0.1 false false false")
        #expect(answers[2].body == "127.0.0.1 false false false")
    }

    @Test(arguments: ["Upgrade: x\r\nConnection: upgrade", "Upgrade: h2c"])
    func `a request for another protocol is answered, and the connection ends`(fields: String) async throws {
        let page = Page()
        let (text, _) = try await with(page) { connection in
            connection.send("GET /page HTTP/1.1\r\nHost: a\r\n\(fields)\r\n\r\n")
            return try connection.receiveAll()
        }
        #expect(text.hasPrefix("HTTP/1.1 200"))
        #expect(text.contains("Connection: close"))
    }

    @Test func `a server that logs every request asks the handler every time`() async throws {
        let page = Page()
        let log = InMemoryLogHandler()
        var logger = Logger(label: "test") { _ in log }
        logger.logLevel = .debug
        _ = try await with(page, logger: logger) { connection in
            for _ in 0..<3 { _ = try self.ask(connection) }
        }
        #expect(page.count == 3)
        #expect(log.entries.filter { $0.message == "Request answered" }.count == 3)
    }
}
