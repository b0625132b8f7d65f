import Foundation
import LatchkeyCore
import LatchkeyTokens
import Synchronization
import TestConditions
import TestSupport
import Testing

/// Events outlive the process, exactly those whose cause does; and what waits is bounded.
struct EventDurabilityTests {
    /// Sessions whose logout was answered.
    private final class Acknowledged: Sendable {
        private let ids = Mutex<Set<String>>([])
        var sessions: Set<String> { ids.withLock { $0 } }
        func insert(_ id: String) { ids.withLock { _ = $0.insert(id) } }
    }

    private static let environment = ["LATCHKEY_SHARED_SIGNALS_ENABLED": "true"]

    /// A folder with a user, a client and a receiver's credentials.
    private func prepare(_ folder: TemporaryFolder) async throws -> String {
        let secret = Mutex("")
        try await withServer(Receiver.switchedOn, folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
            let made = try await server.addConfidentialClient("receiver", scope: "latchkey:events")
            secret.withLock { $0 = made }
        }
        return secret.withLock { $0 }
    }

    @Test func `kill -9 loses no event of an act that was answered and invents none`() async throws {
        let folder = try TemporaryFolder()
        let secret = try await prepare(folder)
        let port = try ServerProcess.freePort()
        var receiver: Receiver?
        let acknowledged = Acknowledged()
        var delivered: [String: String] = [:]
        var random = TestSeed.generator("event durability")
        for _ in 0..<3 {
            let server = try await ServerProcess(folder: folder, port: port, configuration: Self.environment)
            if receiver == nil { receiver = try await Receiver(server.http, client: "receiver", secret: secret) }
            let load = (0..<3).map { _ in
                Task { await Self.signInAndOut(server.http, acknowledged) }
            }
            // Taken without being acknowledged: each comes again, under the same jti.
            for event in try await #require(receiver).events() {
                let session = try #require(event.session)
                #expect(delivered[event.id, default: session] == session)
                delivered[event.id] = session
            }
            let goal = acknowledged.sessions.count + Int.random(in: 2...20, using: &random)
            try await eventually("\(goal) sessions have ended") { acknowledged.sessions.count >= goal }
            server.killHard()
            // Nobody listens any more; the client would go on trying for half a minute.
            for task in load { task.cancel() }
            for task in load { await task.value }
        }
        let server = try await ServerProcess(folder: folder, port: port, configuration: Self.environment)
        let ended = try await Self.endedSessions(OperatorSocket(folder))
        var events: [ReceivedEvent] = []
        while true {
            let page = try await #require(receiver).events(ack: events.suffix(100).map(\.id))
            if page.isEmpty { break }
            events += page
        }
        #expect(Set(events.compactMap(\.session)) == ended, "an event for each session that ended, and for no other")
        #expect(events.count == ended.count)
        #expect(acknowledged.sessions.isSubset(of: ended))
        #expect(acknowledged.sessions.count > 3, "the load did something")
        for (id, session) in delivered { #expect(events.first { $0.id == id }?.session == session) }
        #expect(try await server.terminate() == 0)
    }

    private static func signInAndOut(_ http: TestHTTP, _ acknowledged: Acknowledged) async {
        while !Task.isCancelled {
            let body: [String: JSONValue] = [
                "username": "ada", "password": .string(TestServer.password), "client_id": "spa",
            ]
            guard let login = try? await http.post("/api/v1/login", json: body), let token = login["access_token"],
                let sid = login["sid"],
                let logout = try? await http.authorised("POST", "/api/v1/logout", bearer: token)
            else { return }
            if logout.status == 204 { acknowledged.insert(sid) }
        }
    }

    private static func endedSessions(_ socket: OperatorSocket) async throws -> Set<String> {
        var ended: Set<String> = []
        var cursor: String?
        repeat {
            let page = try await socket.get(
                "/api/v1/admin/sessions?state=ended&limit=100" + (cursor.map { "&cursor=\($0)" } ?? ""))
            try #require(page.status == 200, "\(page.text)")
            for item in page.json.object?["items"]?.array ?? [] {
                if let id = item.object?["id"]?.string { ended.insert(id) }
            }
            cursor = page["next_cursor"]
        } while cursor != nil
        return ended
    }

    @Test func `SIGTERM answers a long poll at once, and an acknowledgement outlives the process`() async throws {
        let folder = try TemporaryFolder()
        let secret = try await prepare(folder)
        let port = try ServerProcess.freePort()
        let first = try await ServerProcess(folder: folder, port: port, configuration: Self.environment)
        let receiver = try await Receiver(first.http, client: "receiver", secret: secret)
        for _ in 0..<2 {
            let login = try await first.http.post(
                "/api/v1/login",
                json: ["username": "ada", "password": .string(TestServer.password), "client_id": "spa"])
            let token = try #require(login["access_token"])
            #expect(try await first.http.authorised("POST", "/api/v1/logout", bearer: token).status == 204)
        }
        let events = try await receiver.events()
        #expect(events.count == 2)
        #expect(try await receiver.events(ack: [events[0].id]).count == 1)
        first.killHard()

        let second = try await ServerProcess(folder: folder, port: port, configuration: Self.environment)
        let left = try await receiver.events()
        #expect(left.map(\.id) == [events[1].id])
        #expect(left.map(\.claims) == [events[1].claims])
        #expect(try await receiver.events(ack: [events[1].id]).isEmpty)
        let poll = Task { try await receiver.poll("{}") }
        try await eventually("a poll is held") {
            try await second.http.get("/metrics").text.contains("latchkey_event_waiters 1")
        }
        #expect(try await second.terminate() == 0)
        // A poll that was not answered at once would have been cut off, far before its minute is over.
        let answer = try await poll.value
        #expect(answer.status == 200)
        #expect(try Receiver.events(of: answer).isEmpty)
    }

    @Test func `beyond the bound the oldest events go, and the audit trail says so`() async throws {
        let configuration = Receiver.switchedOn.merging(["shared_signals.max_pending": "10"]) { $1 }
        try await withServer(configuration) { server in
            try await server.addUser()
            try await server.addClient()
            let receiver = try await Receiver(server)
            try await receiver.setStatus("paused")
            var sessions: [String] = []
            for _ in 0..<11 { sessions.append(try await server.loginAndLogout()) }
            try await receiver.setStatus("enabled")
            // One is over, and a tenth of the bound goes along.
            #expect(try await receiver.events().map(\.session) == Array(sessions.dropFirst(2)))
            let item = try #require(
                try await server.overSocket.get("/api/v1/admin/streams").json.object?["items"]?.array?.first?.object)
            #expect(item["pending"]?.integer == 9)
            #expect(item["dropped"]?.integer == 2)
            let audit = try await server.services.audit.page(.init(kind: .streamEventsDropped)).items
            #expect(audit.map { $0.details["count"] } == ["2"])
            #expect(audit.map { $0.details["why"] } == ["full"])
            let metrics = try await server.http.get("/metrics").text
            #expect(metrics.contains("latchkey_event_streams 1\n"))
            #expect(metrics.contains("latchkey_events_pending_max 9\n"))
            #expect(metrics.contains("latchkey_events_dropped 2\n"))
        }
    }

    @Test func `an event waits for the retention and no longer`() async throws {
        let clock = TestClock()
        try await withServer(Receiver.switchedOn, clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            let secret = try await server.addConfidentialClient("receiver", scope: "latchkey:events")
            let made = try await Receiver(server.http, client: "receiver", secret: secret)
            _ = try await server.loginAndLogout()
            clock.advance(by: .seconds(7 * 86400))
            let young = try await server.loginAndLogout()
            try await server.services.upkeep.sweep()
            let token = try await Receiver.token(server.http, client: "receiver", secret: secret)
            let receiver = Receiver(http: server.http, token: token, stream: made.stream)
            #expect(try await receiver.events().count == 2)
            clock.advance(by: .milliseconds(1))
            try await server.services.upkeep.sweep()
            #expect(try await receiver.events().map(\.session) == [young])
            let audit = try await server.services.audit.page(.init(kind: .streamEventsDropped)).items
            #expect(audit.map { $0.details["why"] } == ["old"])
        }
    }

    @Test func `streams collect while the endpoints are off`() async throws {
        let folder = try TemporaryFolder()
        let stream = Mutex("")
        let secret = try await prepare(folder)
        try await withServer(Receiver.switchedOn, folder: folder) { server in
            let receiver = try await Receiver(server.http, client: "receiver", secret: secret)
            stream.withLock { $0 = receiver.stream }
        }
        let session = Mutex("")
        try await withServer(folder: folder) { server in
            let ended = try await server.loginAndLogout()
            session.withLock { $0 = ended }
        }
        try await withServer(Receiver.switchedOn, folder: folder) { server in
            let token = try await Receiver.token(server.http, client: "receiver", secret: secret)
            let receiver = Receiver(http: server.http, token: token, stream: stream.withLock { $0 })
            #expect(try await receiver.events().map(\.session) == [session.withLock { $0 }])
        }
    }
}
