import Foundation
import Glibc
import HTTPTypes
import InMemoryLogging
import LatchkeyHTTP
import Logging
import NIOCore
import Testing
import Waiting

/// Addresses, the Unix socket, and going down.
@Suite struct ListenersTests {
    private static let who = "GET /who HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    @Test func `a port in use is an error that names the address`() async throws {
        try await ServerFixture.run { server in
            let address = server.addresses[0]
            let error = await #expect(throws: ListenError.self) {
                try await ServerFixture.run([.tcp(host: "127.0.0.1", port: 0), address]) { _ in }
            }
            #expect(error == ListenError(.addressInUse, address))
            #expect(error?.description.contains(address.description) == true)
        }
    }

    @Test func `an address of another machine is an error`() async throws {
        let address = ListenAddress.tcp(host: "192.0.2.1", port: 0)
        let error = await #expect(throws: ListenError.self) { try await ServerFixture.run([address]) { _ in } }
        #expect(error?.code == .addressUnavailable)
    }

    @Test func `several addresses are served at once`() async throws {
        let addresses: [ListenAddress] = [
            .tcp(host: "127.0.0.1", port: 0), .optionalIPv6, .tcp(host: "localhost", port: 0),
        ]
        try await ServerFixture.run(addresses) { server in
            #expect(server.addresses.count >= 2)
            for case .tcp("127.0.0.1", let port) in server.addresses {
                let answer = try await RawConnection.exchange(Self.who, port: port)
                #expect(answer.body == "127.0.0.1 false false false")
            }
        }
    }

    @Test func `over the Unix socket the caller is the operator and no other user can open it`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/latchkey.sock"
            let answer = try await ServerFixture.run([.unix(path: path)]) { _ in
                let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
                #expect(mode == 0o600)
                return try await blocking {
                    let connection = try RawConnection(path: path)
                    connection.send(Self.who)
                    return try connection.receiveAll()
                }
            }
            #expect(answer.body == "operator true false false")
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func `a socket that a killed server left is replaced`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/latchkey.sock"
            try await ServerFixture.run([.unix(path: path)]) { _ in
                // A hard link keeps the file after the server has removed its own.
                #expect(unsafe link(path, path + ".old") == 0)
            }
            #expect(unsafe rename(path + ".old", path) == 0)
            try await ServerFixture.run([.unix(path: path)]) { _ in
                _ = try await blocking { try RawConnection(path: path) }
            }
        }
    }

    @Test func `a file that is no socket is not removed`() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/latchkey.sock"
            try Data("precious".utf8).write(to: URL(fileURLWithPath: path))
            let error = await #expect(throws: ListenError.self) {
                try await ServerFixture.run([.unix(path: path)]) { _ in }
            }
            #expect(error?.code == .notASocket)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")
        }
    }

    @Test func `a path longer than the system's limit works`() async throws {
        try await withTemporaryFolder { folder in
            let deep = folder + "/" + String(repeating: "d", count: 120)
            try FileManager.default.createDirectory(atPath: deep, withIntermediateDirectories: true)
            let path = deep + "/latchkey.sock"
            let answer = try await ServerFixture.run([.unix(path: path)]) { _ in
                let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
                #expect(mode == 0o600)
                return try await blocking {
                    let short = try UnixSocketPath(path)
                    let connection = try withExtendedLifetime(short) { try RawConnection(path: short.text) }
                    connection.send(Self.who)
                    return try connection.receiveAll()
                }
            }
            #expect(answer.status == 200)
        }
    }

    @Test func `going down lets a request in flight finish and closes the connection`() async throws {
        let gate = Gate()
        let route = Self.slow(gate, answer: "finished")
        let answer = try await ServerFixture.run(routes: [route]) { server in
            let port = server.port
            async let answer = RawConnection.exchange("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n", port: port)
            await gate.waitForArrival()
            let idle = try await blocking {
                let connection = try RawConnection(port: port)
                connection.send("GET /who HTTP/1.1\r\nHost: a\r\n\r\n")
                _ = try connection.receiveResponse()
                return connection
            }
            await server.shutDown()
            // The idle connection's end shows that draining has begun.
            #expect(try await blocking { try idle.receiveAll() }.isEmpty)
            await gate.open()
            return try await answer
        }
        #expect(answer.body == "finished")
        #expect(answer.header("Connection") == "close")
    }

    @Test func `going down answers a long-poll at once`() async throws {
        let gate = Gate()
        let answer = try await ServerFixture.run(routes: [Self.longPoll(gate)]) { server in
            let port = server.port
            async let answer = RawConnection.exchange("GET /poll HTTP/1.1\r\nHost: a\r\n\r\n", port: port)
            await gate.waitForArrival()
            await server.shutDown()
            return try await answer
        }
        #expect(answer.body == "released")
    }

    @Test func `a request that outlasts the grace time is cut`() async throws {
        var limits = TransportLimits()
        limits.shutdownGrace = .milliseconds(100)
        let gate = Gate()
        let route = Self.slow(gate, answer: "too late")
        let answer = try await ServerFixture.run(routes: [route], limits: limits) { server in
            let port = server.port
            async let answer = RawConnection.exchange("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n", port: port)
            await gate.waitForArrival()
            await server.shutDown()
            let text = try await answer
            await gate.open()
            return text
        }
        #expect(answer.isEmpty)
    }

    @Test func `cancelling the service cuts requests at once`() async throws {
        struct Stop: Error {}
        var limits = TransportLimits()
        limits.shutdownGrace = .hours(1)
        let gate = Gate()
        let route = Self.slow(gate, answer: "too late")
        await #expect(throws: Stop.self) {
            try await ServerFixture.run(routes: [route], limits: limits) { server in
                let port = server.port
                _ = try await blocking {
                    let connection = try RawConnection(port: port)
                    connection.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
                    return connection
                }
                await gate.waitForArrival()
                throw Stop()
            }
        }
        await gate.open()
    }

    @Test func `a client that stops sending still gets all its answers`() async throws {
        let answer = try await ServerFixture.run { server in
            let port = server.port
            return try await blocking {
                let connection = try RawConnection(port: port)
                let request = { (name: String) in "GET /things/\(name) HTTP/1.1\r\nHost: a\r\n\r\n" }
                connection.send(request("one") + request("two"))
                connection.endSending()
                return try connection.receiveAll()
            }
        }
        #expect(answer.contains("one") && answer.hasSuffix("two"))
    }

    @Test func `a long-poll ends when its client goes away`() async throws {
        let gate = Gate()
        try await ServerFixture.run(routes: [Self.longPoll(gate)]) { server in
            let port = server.port
            var connection: RawConnection? = try await blocking {
                let connection = try RawConnection(port: port)
                connection.send("GET /poll HTTP/1.1\r\nHost: a\r\n\r\n")
                return connection
            }
            await gate.waitForArrival()
            connection = nil
            _ = connection
            await gate.waitForRelease()
        }
    }

    @Test func `a long-poll may last longer than the request deadline`() async throws {
        var limits = TransportLimits()
        limits.requestDeadline = .seconds(2)
        limits.idleTimeout = .seconds(2)
        let route = Route.open(.get, "/wait", operation: "wait", isLongPoll: true) {
            _, _ in
            try await Task.sleep(for: .seconds(3))
            return ServerFixture.text("news")
        }
        let answer = try await ServerFixture.run(routes: [route], limits: limits) { server in
            let port = server.port
            return try await RawConnection.exchange("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n", port: port)
        }
        #expect(answer.body == "news")
    }

    @Test func `the access log tells the template and no secret`() async throws {
        let handler = InMemoryLogHandler()
        var logger = Logger(label: "test") { _ in handler }
        logger.logLevel = .debug
        try await ServerFixture.run(logger: logger) { server in
            let port = server.port
            try await blocking {
                let connection = try RawConnection(port: port)
                connection.send(
                    "GET /things/secret1?token=secret2 HTTP/1.1\r\nHost: a\r\nCookie: c=secret3\r\n"
                        + "Authorization: Bearer secret4\r\nConnection: close\r\n\r\n"
                )
                _ = try connection.receiveAll()
            }
        }
        let text = handler.entries.map { "\($0)" }.joined(separator: "\n")
        #expect(text.contains("/things/{name}"))
        #expect(text.contains("lk.request"))
        #expect(!text.contains("secret"))
    }

    private static func slow(_ gate: Gate, answer: String) -> Route {
        Route.open(.get, "/slow", operation: "slow") { _, _ in
            await gate.arriveAndWait()
            return ServerFixture.text(answer)
        }
    }

    private static func longPoll(_ gate: Gate) -> Route {
        Route.open(.get, "/poll", operation: "poll", isLongPoll: true) { _, _ in
            await gate.arrive()
            try? await Task.sleep(for: .seconds(60))
            await gate.release()
            return ServerFixture.text("released")
        }
    }
}

/// Lets a test and a handler meet.
actor Gate {
    private var hasArrived = false
    private var isOpen = false
    private var isReleased = false
    private var waiters: [Waiter<Void>] = []

    func arrive() { change { $0.hasArrived = true } }
    func open() { change { $0.isOpen = true } }
    func release() { change { $0.isReleased = true } }

    func arriveAndWait() async {
        arrive()
        await wait { $0.isOpen }
    }

    func waitForArrival() async { await wait { $0.hasArrived } }
    func waitForRelease() async { await wait { $0.isReleased } }

    private func change(_ body: (isolated Gate) -> Void) {
        body(self)
        let waiting = waiters
        waiters = []
        for waiter in waiting { waiter.release(()) }
    }

    private func wait(_ condition: (isolated Gate) -> Bool) async {
        while !condition(self) {
            let waiter = Waiter<Void>()
            waiters.append(waiter)
            await waiter.value()
        }
    }
}
