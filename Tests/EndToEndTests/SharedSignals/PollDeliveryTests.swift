import InMemoryLogging
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Poll delivery (RFC 8936): what is sent, sent again, and sent no more.
struct PollDeliveryTests {
    /// A server with a receiver, and sessions that were ended, in order.
    private func withEvents(
        _ count: Int, _ configuration: [String: String] = [:],
        _ body: @escaping @Sendable (TestServer, Receiver, [String]) async throws -> Void
    ) async throws {
        try await withServer(Receiver.switchedOn.merging(configuration) { $1 }) { server in
            try await server.addUser()
            try await server.addClient()
            let receiver = try await Receiver(server)
            var sessions: [String] = []
            for _ in 0..<count { sessions.append(try await server.loginAndLogout()) }
            try await body(server, receiver, sessions)
        }
    }

    @Test func `what is not acknowledged comes again, the same and in order`() async throws {
        try await withEvents(3) { _, receiver, sessions in
            let first = try await receiver.events()
            #expect(first.map(\.session) == sessions)
            let again = try await receiver.events()
            #expect(again.map(\.id) == first.map(\.id))
            #expect(again.map(\.claims) == first.map(\.claims))
        }
    }

    @Test func `a part is acknowledged, the rest comes again, and the acknowledgement may come twice`() async throws {
        try await withEvents(3) { server, receiver, sessions in
            let first = try await receiver.events()
            let rest = try await receiver.events(ack: [first[1].id])
            #expect(rest.map(\.session) == [sessions[0], sessions[2]])
            #expect(try await receiver.events(ack: [first[1].id]) == rest)
            #expect(try await receiver.events(ack: first.map(\.id)).isEmpty)
            #expect(try await server.services.store.streams(page: .init()).items.map(\.pending) == [0])
        }
    }

    @Test func `acknowledging what is unknown or another stream's changes nothing`() async throws {
        try await withEvents(0) { server, receiver, _ in
            let other = try await Receiver(server, "other")
            let session = try await server.loginAndLogout()
            let own = try await receiver.events()
            let foreign = try await other.events()
            #expect(own.map(\.session) == [session])
            #expect(foreign.map(\.session) == [session])
            #expect(own[0].id != foreign[0].id)
            let left = try await receiver.events(
                ack: [foreign[0].id, "AAAAAAAAAAAAAAAAAAAAAA", "", "no id at all", String(repeating: "x", count: 300)])
            #expect(left == own)
            #expect(try await other.events() == foreign)
            #expect(try await receiver.events(ack: [own[0].id]).isEmpty)
            #expect(try await other.events() == foreign, "two receivers are independent")
            #expect(try await server.services.store.streams(page: .init()).items.map(\.pending) == [1, 0])
        }
    }

    @Test func `a SET that is refused counts as acknowledged and is audited without its text`() async throws {
        try await withEvents(3) { server, receiver, sessions in
            let events = try await receiver.events()
            let answer = try await receiver.poll(
                """
                {"returnImmediately":true,"setErrs":{
                    "\(events[0].id)":{"err":"invalid_key","description":"planted text"},
                    "\(events[1].id)":{"err":"planted_code","description":"planted text"},
                    "AAAAAAAAAAAAAAAAAAAAAA":{"err":"access_denied"}}}
                """)
            #expect(try Receiver.events(of: answer).map(\.session) == [sessions[2]])
            let audit = try await server.services.audit.page(.init(kind: .streamEventRefused)).items
            #expect(Set(audit.map { $0.details["err"] }) == ["invalid_key", "other"])
            #expect(audit.map(\.actor) == Array(repeating: .client(try #require(.init("receiver"))), count: 2))
            #expect(!server.logs.entries.contains { "\($0.message)\($0.metadata)".contains("planted") })
        }
    }

    @Test func `pages follow each other and say whether there is more`() async throws {
        try await withEvents(5) { _, receiver, sessions in
            var seen: [String?] = []
            var acknowledged = "[]"
            for more in [true, true, nil] {
                let answer = try await receiver.poll(
                    "{\"maxEvents\":2,\"returnImmediately\":true,\"ack\":\(acknowledged)}")
                #expect(answer.json.object?["moreAvailable"]?.bool == more)
                let events = try Receiver.events(of: answer)
                seen += events.map(\.session)
                acknowledged = "[" + events.map { "\"\($0.id)\"" }.joined(separator: ",") + "]"
            }
            #expect(seen == sessions)
        }
    }

    @Test func `maxEvents 0 acknowledges and sends nothing, and does not wait`() async throws {
        try await withEvents(2) { _, receiver, sessions in
            let events = try await receiver.events()
            let answer = try await receiver.poll("{\"maxEvents\":0,\"ack\":[\"\(events[0].id)\"]}")
            #expect(answer.status == 200)
            #expect(try Receiver.events(of: answer).isEmpty)
            #expect(answer.json.object?["moreAvailable"]?.bool == true)
            #expect(try await receiver.events().map(\.session) == [sessions[1]])
            let last = try await receiver.poll("{\"maxEvents\":0,\"ack\":[\"\(events[1].id)\"]}")
            #expect(last.json.object?["moreAvailable"] == nil)
        }
    }

    @Test(arguments: [
        "", "[]", "null", "{", #"{"maxEvents":-1}"#, #"{"maxEvents":1.5}"#, #"{"maxEvents":"1"}"#,
        #"{"returnImmediately":"yes"}"#, #"{"ack":"x"}"#, #"{"ack":[1]}"#, #"{"ack":{}}"#, #"{"setErrs":[]}"#,
        #"{"setErrs":{"x":1}}"#, #"{"setErrs":{"x":{}}}"#, #"{"ack":[],"ack":[]}"#,
    ])
    func `a malformed poll is 400 and acknowledges nothing`(body: String) async throws {
        try await withEvents(1) { _, receiver, sessions in
            let answer = try await receiver.poll(body)
            #expect(answer.status == 400, "\(answer.text)")
            #expect(answer["code"] == "invalid_request")
            #expect(try await receiver.events().map(\.session) == sessions)
        }
    }

    @Test func `a long poll is answered by the event that it waits for`() async throws {
        try await withEvents(0) { server, receiver, _ in
            let other = try await Receiver(server, "other", requested: #"["https://unknown.test/type"]"#)
            let poll = Task { try await receiver.poll("{}") }
            let deaf = Task { try await other.poll("{}") }
            try await server.holdsPolls(2)
            let session = try await server.loginAndLogout()
            #expect(try Receiver.events(of: try await poll.value).map(\.session) == [session])
            #expect(server.services.eventFeed.waiting == 1, "who did not request the type is not woken")
            try await other.setStatus("paused")
            #expect(try Receiver.events(of: try await deaf.value).isEmpty)
            #expect(server.services.eventFeed.waiting == 0)
        }
    }

    @Test func `a client that is disabled while its poll is held gets nothing`() async throws {
        try await withEvents(0) { server, receiver, _ in
            let poll = Task { try await receiver.poll("{}") }
            try await server.holdsPolls(1)
            let disabled = try await server.overSocket.send("POST", "/api/v1/admin/clients/receiver/disable")
            #expect(disabled.status == 200)
            _ = try await server.loginAndLogout()
            #expect(try await poll.value.status == 404)
            #expect(try await server.services.store.streams(page: .init()).items.map(\.pending) == [1])
        }
    }

    @Test func `a stream that is deleted while it is polled is gone for the poll`() async throws {
        try await withEvents(0) { server, receiver, _ in
            let poll = Task { try await receiver.poll("{}") }
            try await server.holdsPolls(1)
            #expect(try await receiver.send("DELETE", "/ssf/stream?stream_id=\(receiver.stream)").status == 204)
            #expect(try await poll.value.status == 404)
        }
    }

    @Test func `a poll of two thousand acknowledgements takes what is ours`() async throws {
        try await withEvents(1) { _, receiver, _ in
            let event = try #require(try await receiver.events().first)
            let foreign = (0..<2000).map { _ in TokenID.generate().description }
            #expect(try await receiver.events(ack: foreign + [event.id]).isEmpty)
            let large = String(repeating: " ", count: 70_000)
            #expect(try await receiver.poll("{\"ack\":[]\(large)}").status == 413)
        }
    }

    @Test func `one stream holds four long polls, the fifth is told to come back`() async throws {
        try await withEvents(0) { server, receiver, _ in
            let polls = (0..<4).map { _ in Task { try await receiver.poll("{}") } }
            try await server.holdsPolls(4)
            let fifth = try await receiver.poll("{}")
            #expect(fifth.status == 503)
            #expect(fifth[field: "Retry-After"] != nil)
            #expect(try await receiver.events().isEmpty, "one that does not wait is answered")
            let session = try await server.loginAndLogout()
            for poll in polls { #expect(try Receiver.events(of: try await poll.value).map(\.session) == [session]) }
            #expect(server.services.eventFeed.waiting == 0)
        }
    }

    @Test func `a long poll without news ends with its time`() async throws {
        try await withEvents(0, ["revocations.max_wait": "100ms"]) { _, receiver, _ in
            let answer = try await receiver.poll("{}")
            #expect(answer.status == 200)
            #expect(answer.text == #"{"sets":{}}"#)
        }
    }
}
