import Foundation
import LatchkeyCore
import LatchkeyTokens
import TestConditions
import TestSupport
import Testing

/// A SET that came with a poll, taken apart without being checked.
struct ReceivedEvent: Sendable, Equatable {
    let id: String
    let token: String
    let header: JSONObject
    let claims: JSONObject
    /// The last part of the event type URI.
    let kind: String
    let event: JSONObject

    init(id: String, token: String) throws {
        let parts = token.split(separator: ".").map(String.init)
        try #require(parts.count == 3)
        self.id = id
        self.token = token
        header = try StrictJSON.parseObject(try #require(Base64URL.decode(parts[0])))
        claims = try StrictJSON.parseObject(try #require(Base64URL.decode(parts[1])))
        let events = try #require(claims["events"]?.object)
        try #require(events.members.count == 1)
        kind = try #require(events.members[0].name.split(separator: "/").last.map(String.init))
        event = try #require(events.members[0].value.object)
    }

    /// The same content: an ES256 signature is another one each time.
    static func == (lhs: ReceivedEvent, rhs: ReceivedEvent) -> Bool {
        lhs.id == rhs.id && lhs.header == rhs.header && lhs.claims == rhs.claims
    }

    var initiator: String? { event["initiating_entity"]?.string }
    var transaction: String? { claims["txn"]?.string }
    /// `sid` of a complex subject.
    var session: String? { claims["sub_id"]?.object?["session"]?.object?["id"]?.string }
    /// `sub` of the user, in a simple or a complex subject.
    var user: String? {
        let subject = claims["sub_id"]?.object
        return (subject?["user"]?.object ?? subject)?["sub"]?.string
    }
}

/// A service with a stream of its own.
struct Receiver: Sendable {
    let http: TestHTTP
    let token: String
    let stream: String

    static let switchedOn = ["shared_signals.enabled": "true"]

    /// Registers a client and makes its stream.
    init(_ server: TestServer, _ client: String = "receiver", audiences: [String] = [], requested: String? = nil)
        async throws
    {
        let secret = try await server.addConfidentialClient(client, scope: "latchkey:events", audiences: audiences)
        try await self.init(server.http, client: client, secret: secret, requested: requested)
    }

    /// Makes the stream of a client that is registered.
    /// - Parameter requested: JSON of `events_requested`.
    init(_ http: TestHTTP, client: String, secret: String, requested: String? = nil) async throws {
        let token = try await Self.token(http, client: client, secret: secret)
        let body = requested.map { "{\"events_requested\":\($0)}" } ?? "{}"
        let made = try await Self.send(http, token, "POST", "/ssf/stream", body)
        try #require(made.status == 201, "\(made.text)")
        self.init(http: http, token: token, stream: try #require(made["stream_id"]))
    }

    init(http: TestHTTP, token: String, stream: String) {
        self.http = http
        self.token = token
        self.stream = stream
    }

    static func token(_ http: TestHTTP, client: String, secret: String) async throws -> String {
        let answer = try await http.post(
            "/oauth2/token", form: [("grant_type", "client_credentials"), ("scope", "latchkey:events")],
            headers: [("Authorization", "Basic " + Data("\(client):\(secret)".utf8).base64EncodedString())])
        return try #require(answer["access_token"], "\(answer.text)")
    }

    static func send(
        _ http: TestHTTP, _ token: String, _ method: String, _ path: String, _ body: String? = nil
    ) async throws -> TestResponse {
        try await http.send(
            method, path,
            headers: [("Authorization", "Bearer \(token)")]
                + (body == nil ? [] : [("Content-Type", "application/json")]),
            body: body.map { Array($0.utf8) })
    }

    func send(_ method: String, _ path: String, _ body: String? = nil) async throws -> TestResponse {
        try await Self.send(http, token, method, path, body)
    }

    /// One poll with this body.
    func poll(_ body: String) async throws -> TestResponse { try await send("POST", "/ssf/poll/\(stream)", body) }

    /// What waits now, oldest first.
    func events(ack: [String] = [], most: Int? = nil) async throws -> [ReceivedEvent] {
        let acknowledged = "[" + ack.map { "\"\($0)\"" }.joined(separator: ",") + "]"
        let answer = try await poll(
            "{\"returnImmediately\":true,\"ack\":\(acknowledged)" + (most.map { ",\"maxEvents\":\($0)" } ?? "") + "}")
        try #require(answer.status == 200, "\(answer.text)")
        return try Self.events(of: answer)
    }

    static func events(of answer: TestResponse) throws -> [ReceivedEvent] {
        let batch = try StrictJSON.parseObject(answer.body, maximumLength: 1 << 20)
        return try #require(batch["sets"]?.object).members.map {
            try ReceivedEvent(id: $0.name, token: try #require($0.value.string))
        }
    }

    func setStatus(_ status: String) async throws {
        let answer = try await send("POST", "/ssf/status", "{\"stream_id\":\"\(stream)\",\"status\":\"\(status)\"}")
        try #require(answer.status == 200, "\(answer.text)")
        #expect(answer["status"] == status)
    }
}

extension TestServer {
    /// Waits until so many polls are being held.
    func holdsPolls(_ count: Int) async throws {
        try await eventually("\(count) polls held") { services.eventFeed.waiting == count }
    }

    /// Ends a new session of the user; returns its `sid`.
    func loginAndLogout(_ name: String = "ada") async throws -> String {
        let login = try await login(name)
        let token = try #require(login["access_token"], "\(login.text)")
        #expect(try await http.authorised("POST", "/api/v1/logout", bearer: token).status == 204)
        return try #require(try PollingReader.claims(token).sid)
    }
}
