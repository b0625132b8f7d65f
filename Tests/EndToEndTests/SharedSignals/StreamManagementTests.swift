import Foundation
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// The management API of streams (SSF 8.1): who may, what is refused, what comes back.
struct StreamManagementTests {
    private static let paths = [
        ("GET", "/ssf/stream"), ("POST", "/ssf/stream"), ("PATCH", "/ssf/stream"), ("PUT", "/ssf/stream"),
        ("DELETE", "/ssf/stream"), ("GET", "/ssf/status"), ("POST", "/ssf/status"), ("POST", "/ssf/verify"),
        ("POST", "/ssf/poll/f67e39a0a4d34d56b3aa1bc4cff0069f"),
    ]

    @Test func `off by default: nothing is there and nothing is advertised`() async throws {
        try await withServer { server in
            for (method, path) in Self.paths + [("GET", "/.well-known/ssf-configuration")] {
                #expect(try await server.http.send(method, path).status == 404, "\(method) \(path)")
            }
            let metadata = try await server.http.get("/.well-known/oauth-authorization-server")
            #expect(metadata.json.object?["scopes_supported"]?.strings?.contains("latchkey:events") == false)
            #expect(try await !server.http.get("/openapi.json").text.contains("/ssf/"))
            #expect(try await !server.http.get("/metrics").text.contains("latchkey_event_waiters"))
            try await server.addUser()
            try await server.addClient()
            _ = try await server.loginAndLogout()
            #expect(try await server.overSocket.get("/api/v1/admin/streams").json.object?["items"]?.array == [])
        }
    }

    @Test func `the transmitter's metadata names what exists`() async throws {
        let configuration = Receiver.switchedOn.merging(["issuer": "https://id.example/auth"]) { $1 }
        try await withServer(configuration) { server in
            for path in ["/.well-known/ssf-configuration", "/.well-known/ssf-configuration/auth"] {
                let answer = try await server.http.get(path)
                #expect(answer.status == 200)
                let document = try #require(answer.json.object)
                #expect(document["spec_version"]?.string == "1_0")
                #expect(document["issuer"]?.string == "https://id.example/auth")
                #expect(document["jwks_uri"]?.string == "https://id.example/auth/.well-known/jwks.json")
                #expect(document["delivery_methods_supported"]?.strings == ["urn:ietf:rfc:8936"])
                #expect(document["configuration_endpoint"]?.string == "https://id.example/auth/ssf/stream")
                #expect(document["status_endpoint"]?.string == "https://id.example/auth/ssf/status")
                #expect(document["verification_endpoint"]?.string == "https://id.example/auth/ssf/verify")
                let scheme = document["authorization_schemes"]?.array?.first?.object?["spec_urn"]
                #expect(scheme?.string == "urn:ietf:rfc:6749")
                #expect(document["add_subject_endpoint"] == nil)
                #expect(document["remove_subject_endpoint"] == nil)
            }
            let metadata = try await server.http.get("/.well-known/oauth-authorization-server")
            #expect(metadata.json.object?["scopes_supported"]?.strings?.contains("latchkey:events") == true)
        }
    }

    @Test func `without a token of the scope nothing is told`() async throws {
        try await withServer(Receiver.switchedOn) { server in
            try await server.addUser(roles: ["admin"])
            try await server.addClient(scope: "openid latchkey:account latchkey:admin latchkey:events")
            let user = try #require(try await server.login(scope: "latchkey:admin")["access_token"])
            let asked = try await server.login(scope: "latchkey:events")
            #expect(asked.status == 400, "a person never has the scope: \(asked.text)")
            let secret = try await server.addConfidentialClient(scope: "orders:read latchkey:events")
            let service = try await server.serviceToken(secret: secret)
            for (method, path) in Self.paths {
                let bare = try await server.http.send(method, path)
                #expect(bare.status == 401, "\(method) \(path)")
                #expect(bare[field: "WWW-Authenticate"] == "Bearer realm=\"latchkey\"")
                for token in [user, service] {
                    let answer = try await server.http.authorised(method, path, bearer: token)
                    #expect(answer.status == 403, "\(method) \(path)")
                    #expect(
                        answer[field: "WWW-Authenticate"]?.contains(#"error="insufficient_scope""#) == true,
                        "\(method) \(path)")
                    #expect(answer[field: "WWW-Authenticate"]?.contains(#"scope="latchkey:events""#) == true)
                }
            }
            let token = try await Receiver.token(server.http, client: "service", secret: secret)
            let claims = try UnverifiedToken(parsing: token).unverifiedClaims()
            #expect(claims.scope.tokens == ["latchkey:events"])
            #expect(claims.audience == ["http://localhost:8080/api/v1"])
            let admin = try await server.http.authorised("GET", "/api/v1/admin/stats", bearer: token)
            #expect(admin.status == 403)
            let disabled = try await server.overSocket.send("POST", "/api/v1/admin/clients/service/disable")
            #expect(disabled.status == 200)
            #expect(try await Receiver.send(server.http, token, "GET", "/ssf/stream").status == 401)
        }
    }

    @Test func `a stream is made once, read, changed, replaced and deleted`() async throws {
        try await withServer(Receiver.switchedOn) { server in
            let receiver = try await Receiver(server, audiences: ["https://rp.example/caep"])
            let read = try await receiver.send("GET", "/ssf/stream?stream_id=\(receiver.stream)")
            let made = try #require(read.json.object)
            #expect(made["iss"]?.string == "http://localhost:8080")
            #expect(made["aud"]?.string == "https://rp.example/caep")
            #expect(made["delivery"]?.object?["method"]?.string == "urn:ietf:rfc:8936")
            #expect(
                made["delivery"]?.object?["endpoint_url"]?.string
                    == "http://localhost:8080/ssf/poll/\(receiver.stream)")
            #expect(made["events_delivered"] == made["events_supported"])
            #expect(made["events_supported"]?.strings?.count == 5)
            #expect(read[field: "Cache-Control"] == "no-store")
            #expect(try await receiver.send("POST", "/ssf/stream", "{}").status == 409)
            #expect(try await receiver.send("GET", "/ssf/stream").json.array == [read.json])

            let type = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
            let patched = try await receiver.send(
                "PATCH", "/ssf/stream",
                #"{"stream_id":"\#(receiver.stream)","events_requested":["x:unknown","\#(type)"],"description":"ours"}"#
            )
            #expect(patched.status == 200, "\(patched.text)")
            #expect(patched.json.object?["events_delivered"]?.strings == [type])
            #expect(patched.json.object?["events_requested"]?.strings == ["x:unknown", type])
            #expect(patched["description"] == "ours")
            let echoed = try await receiver.send("PUT", "/ssf/stream", patched.text)
            #expect(echoed.json == patched.json, "what was read may be sent back")
            let replaced = try await receiver.send("PUT", "/ssf/stream", #"{"stream_id":"\#(receiver.stream)"}"#)
            #expect(replaced["description"] == nil)
            #expect(replaced.json == read.json)

            #expect(try await receiver.send("DELETE", "/ssf/stream").status == 400)
            let deletion = "/ssf/stream?stream_id=\(receiver.stream)"
            #expect(try await receiver.send("DELETE", deletion).status == 204)
            #expect(try await receiver.send("DELETE", deletion).status == 404)
            #expect(try await receiver.send("GET", "/ssf/stream").json.array == [])
            #expect(try await receiver.poll(#"{"returnImmediately":true}"#).status == 404)
            #expect(try await receiver.send("POST", "/ssf/stream", "{}").status == 201, "a new one can be made")
        }
    }

    @Test(arguments: [
        #"{"delivery":{"method":"urn:ietf:rfc:8935","endpoint_url":"https://rp.example/events"}}"#,
        #"{"delivery":"poll"}"#, #"{"delivery":{}}"#, #"{"events_requested":[]}"#, #"{"events_requested":"x"}"#,
        #"{"events_requested":["with space"]}"#, #"{"events_requested":[""]}"#, #"{"description":7}"#, "[]", "{",
    ])
    func `what cannot be a stream is refused and makes none`(body: String) async throws {
        try await withServer(Receiver.switchedOn) { server in
            let secret = try await server.addConfidentialClient(scope: "latchkey:events")
            let token = try await Receiver.token(server.http, client: "service", secret: secret)
            let answer = try await Receiver.send(server.http, token, "POST", "/ssf/stream", body)
            #expect(answer.status == 400, "\(answer.text)")
            #expect(try await Receiver.send(server.http, token, "GET", "/ssf/stream").json.array == [])
        }
    }

    @Test(arguments: [
        #""iss":"https://other.example""#, #""aud":"other""#, #""events_supported":[]"#, #""events_delivered":["x"]"#,
        #""min_verification_interval":1"#,
        #""delivery":{"method":"urn:ietf:rfc:8936","endpoint_url":"https://other.example"}"#,
        #""delivery":{"method":"urn:ietf:rfc:8935"}"#,
    ])
    func `a member that the transmitter supplies must match`(member: String) async throws {
        try await withServer(Receiver.switchedOn) { server in
            let receiver = try await Receiver(server)
            for method in ["PATCH", "PUT"] {
                let answer = try await receiver.send(
                    method, "/ssf/stream", #"{"stream_id":"\#(receiver.stream)","description":"changed",\#(member)}"#)
                #expect(answer.status == 400, "\(answer.text)")
            }
            let read = try await receiver.send("GET", "/ssf/stream?stream_id=\(receiver.stream)")
            #expect(read["description"] == nil)
        }
    }

    @Test func `another client's stream does not exist`() async throws {
        try await withServer(Receiver.switchedOn) { server in
            let victim = try await Receiver(server, "victim")
            let other = try await Receiver(server, "other")
            let id = victim.stream
            for stream in [id, "f67e39a0a4d34d56b3aa1bc4cff0069f", "x"] {
                let answers = [
                    try await other.send("GET", "/ssf/stream?stream_id=\(stream)"),
                    try await other.send("PATCH", "/ssf/stream", #"{"stream_id":"\#(stream)","description":"x"}"#),
                    try await other.send("PUT", "/ssf/stream", #"{"stream_id":"\#(stream)"}"#),
                    try await other.send("DELETE", "/ssf/stream?stream_id=\(stream)"),
                    try await other.send("GET", "/ssf/status?stream_id=\(stream)"),
                    try await other.send("POST", "/ssf/status", #"{"stream_id":"\#(stream)","status":"disabled"}"#),
                    try await other.send("POST", "/ssf/verify", #"{"stream_id":"\#(stream)"}"#),
                    try await other.send("POST", "/ssf/poll/\(stream)", #"{"returnImmediately":true}"#),
                ]
                #expect(answers.map(\.status) == Array(repeating: 404, count: answers.count), "\(stream)")
            }
            #expect(try await victim.send("GET", "/ssf/status?stream_id=\(id)")["status"] == "enabled")
            #expect(try await victim.events().isEmpty)
        }
    }

    @Test func `a verification comes with its state, not more often than it may`() async throws {
        let clock = TestClock()
        try await withServer(Receiver.switchedOn, clock: clock) { server in
            let receiver = try await Receiver(server, requested: #"["x:none"]"#)
            let state = "VGhpcyBpcyBhbiBleGFtcGxlIHN0YXRlIHZhbHVlLgo="
            let body = #"{"stream_id":"\#(receiver.stream)","state":"\#(state)"}"#
            #expect(try await receiver.send("POST", "/ssf/verify", body).status == 204)
            let event = try #require(try await receiver.events().first)
            #expect(event.kind == "verification")
            #expect(event.event["state"]?.string == state)
            #expect(event.claims["sub_id"]?.object?["format"]?.string == "opaque")
            #expect(event.claims["sub_id"]?.object?["id"]?.string == receiver.stream)
            let soon = try await receiver.send("POST", "/ssf/verify", body)
            #expect(soon.status == 429)
            #expect(soon[field: "Retry-After"] == "30")
            clock.advance(by: .seconds(30))
            let without = #"{"stream_id":"\#(receiver.stream)"}"#
            #expect(try await receiver.send("POST", "/ssf/verify", without).status == 204)
            #expect(try await receiver.events(ack: [event.id]).map { $0.event["state"] } == [nil])
            clock.advance(by: .seconds(30))
            let long = #"{"stream_id":"\#(receiver.stream)","state":"\#(String(repeating: "x", count: 1025))"}"#
            #expect(try await receiver.send("POST", "/ssf/verify", long).status == 400)
            #expect(try await receiver.send("POST", "/ssf/verify", "{}").status == 400)
            try await receiver.setStatus("disabled")
            #expect(try await receiver.send("POST", "/ssf/verify", without).status == 400)
        }
    }

    @Test func `a paused stream keeps its events in order, a disabled one drops them`() async throws {
        try await withServer(Receiver.switchedOn) { server in
            try await server.addUser()
            try await server.addClient()
            let receiver = try await Receiver(server)
            var sessions = [try await server.loginAndLogout()]
            let paused = try await receiver.send(
                "POST", "/ssf/status",
                #"{"stream_id":"\#(receiver.stream)","status":"paused","reason":"Moving house"}"#)
            #expect(paused["reason"] == "Moving house")
            for _ in 0..<2 { sessions.append(try await server.loginAndLogout()) }
            #expect(try await receiver.events().isEmpty)
            let status = try await receiver.send("GET", "/ssf/status?stream_id=\(receiver.stream)")
            #expect(status["status"] == "paused")
            #expect(status["reason"] == "Moving house")
            try await receiver.setStatus("enabled")
            #expect(try await receiver.events().map(\.session) == sessions)
            #expect(try await receiver.send("GET", "/ssf/status?stream_id=\(receiver.stream)")["reason"] == nil)

            try await receiver.setStatus("disabled")
            _ = try await server.loginAndLogout()
            try await receiver.setStatus("enabled")
            #expect(try await receiver.events().isEmpty)
            let last = try await server.loginAndLogout()
            #expect(try await receiver.events().map(\.session) == [last])
            let wrong = #"{"stream_id":"\#(receiver.stream)","status":"gone"}"#
            #expect(try await receiver.send("POST", "/ssf/status", wrong).status == 400)
        }
    }

    @Test func `operators see the streams and delete one, a client's goes with the client`() async throws {
        let clock = TestClock()
        try await withServer(Receiver.switchedOn, clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            let first = try await Receiver(server, "first")
            let second = try await Receiver(server, "second")
            _ = try await server.loginAndLogout()
            clock.advance(by: .seconds(5))
            _ = try await first.events()
            let items = try await server.overSocket.get("/api/v1/admin/streams").json.object?["items"]?.array ?? []
            #expect(items.map { $0.object?["client_id"]?.string } == ["second", "first"])
            #expect(items.map { $0.object?["pending"]?.integer } == [1, 1])
            #expect(items.map { $0.object?["polled_at"]?.integer } == [nil, clock.now.seconds])
            let gone = try await server.overSocket.send("DELETE", "/api/v1/admin/streams/\(first.stream)")
            #expect(gone.status == 204)
            #expect(try await first.poll("{}").status == 404)
            let again = try await server.overSocket.send("DELETE", "/api/v1/admin/streams/\(first.stream)")
            #expect(again.status == 404)
            #expect(try await server.overSocket.send("DELETE", "/api/v1/admin/clients/second").status == 204)
            #expect(try await server.overSocket.get("/api/v1/admin/streams").json.object?["items"]?.array == [])
            #expect(try await second.poll("{}").status == 401)
            let kinds = try await server.services.audit.page().items.map(\.kind)
            #expect(kinds.filter { $0 == .streamCreated }.count == 2)
            #expect(kinds.filter { $0 == .streamDeleted }.count == 1)
        }
    }
}
