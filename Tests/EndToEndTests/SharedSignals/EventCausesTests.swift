import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Every act and the events that it causes, one to one.
struct EventCausesTests {
    struct Cause: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Kind and initiator, in order; `session` in front of what names a session.
        let events: [String]
        let act: @Sendable (Scene) async throws -> TestResponse

        init(_ name: String, _ events: [String], _ act: @escaping @Sendable (Scene) async throws -> TestResponse) {
            testDescription = name
            self.events = events
            self.act = act
        }
    }

    struct Scene: Sendable {
        let server: TestServer
        let clock: TestClock
        let receiver: Receiver
        let ada: User
        let access: String
        let refresh: String

        init(_ server: TestServer, _ clock: TestClock) async throws {
            self.server = server
            self.clock = clock
            ada = try await server.addUser()
            try await server.addClient()
            receiver = try await Receiver(server)
            let login = try await server.login()
            access = try #require(login["access_token"])
            refresh = try #require(login["refresh_token"])
        }

        var sid: String { get throws { try #require(try PollingReader.claims(access).sid) } }

        var account: String {
            get async throws { try #require(try await server.login(scope: "latchkey:account")["access_token"]) }
        }

        func admin(_ method: String, _ path: String, _ body: String? = nil) async throws -> TestResponse {
            try await server.overSocket.send(method, "/api/v1/admin" + path, body: body)
        }
    }

    static let causes: [Cause] = [
        Cause("logout with the access token", ["session session-revoked user"]) {
            try await $0.server.http.authorised("POST", "/api/v1/logout", bearer: $0.access)
        },
        Cause("logout with the refresh token", ["session session-revoked user"]) {
            try await $0.server.http.post("/api/v1/logout", json: ["refresh_token": .string($0.refresh)])
        },
        Cause("/oauth2/revoke of the refresh token", ["session session-revoked user"]) {
            try await $0.server.http.post("/oauth2/revoke", form: [("token", $0.refresh), ("client_id", "spa")])
        },
        Cause("a replayed refresh token", ["session session-revoked policy"]) { scene in
            let second = try await scene.server.refresh(scene.refresh)
            _ = try await scene.server.refresh(try #require(second["refresh_token"]))
            scene.clock.advance(by: .seconds(31))
            return try await scene.server.refresh(scene.refresh)
        },
        Cause("admin: one session", ["session session-revoked admin"]) {
            try await $0.admin("DELETE", "/sessions/\(try $0.sid)")
        },
        Cause("admin: the user", ["session-revoked admin"]) {
            try await $0.server.revoke("user", $0.ada.id.description)
        },
        Cause("the user changes the password", ["session-revoked user", "credential-change user"]) {
            try await $0.server.http.post(
                "/api/v1/password",
                json: ["current_password": .string(TestServer.password), "new_password": "seven-loud-herons-at-dusk"],
                bearer: try await $0.account)
        },
        Cause("the user deletes the account", ["session-revoked user", "account-purged user"]) {
            try await $0.server.http.post(
                "/api/v1/me/delete", json: ["current_password": .string(TestServer.password)],
                bearer: try await $0.account)
        },
        Cause("an administrator sets the password", ["session-revoked admin", "credential-change admin"]) {
            try await $0.admin("PUT", "/users/ada/password", #"{"password":"seven-loud-herons-at-dusk"}"#)
        },
        Cause("an administrator demands a new password", ["session-revoked admin"]) {
            try await $0.admin("PATCH", "/users/ada", #"{"must_change_password":true}"#)
        },
        Cause("disable user", ["session-revoked admin", "account-disabled admin"]) {
            try await $0.admin("POST", "/users/ada/disable")
        },
        Cause("delete user", ["session-revoked admin", "account-purged admin"]) {
            try await $0.admin("DELETE", "/users/ada")
        },
        Cause("a user that was never disabled is enabled", []) { try await $0.admin("POST", "/users/ada/enable") },
        // These have no subject that CAEP could name: our own list carries them.
        Cause("/oauth2/revoke of the access token", []) {
            try await $0.server.http.post("/oauth2/revoke", form: [("token", $0.access), ("client_id", "spa")])
        },
        Cause("admin: client", []) { try await $0.server.revoke("client", "spa") },
        Cause("admin: all with sessions", []) { try await $0.server.revoke("all", sessions: true) },
        Cause("emergency for the key", []) { scene in
            let kid = try PollingReader.keyID(scene.access)
            return try await scene.admin("POST", "/keys/rotate", "{\"emergency\":true,\"only\":\"\(kid)\"}")
        },
    ]

    @Test(arguments: causes)
    func `an act has its events and no others, about the victim`(cause: Cause) async throws {
        let clock = TestClock()
        try await withServer(Receiver.switchedOn, clock: clock) { server in
            let scene = try await Scene(server, clock)
            let began = clock.now
            let answer = try await cause.act(scene)
            #expect(answer.status < 400 || answer["error"] == "invalid_grant", "\(answer.text)")
            // Read from the store: what ends every token ends the receiver's too.
            let stream = try #require(try await server.services.store.streams(page: .init()).items.first)
            let stored = try await server.services.store.pendingEvents(stream.number, limit: 10)
            #expect(stored.count == cause.events.count)
            guard !cause.events.isEmpty else { return }
            let events = try await scene.receiver.events()
            #expect(
                events.map { ($0.session == nil ? "" : "session ") + "\($0.kind) \($0.initiator ?? "-")" }
                    == cause.events)
            for event in events {
                #expect(event.user == scene.ada.id.description)
                if event.session != nil { #expect(event.session == (try scene.sid)) }
                let at = try #require(event.event["event_timestamp"]?.integer)
                #expect((began.seconds...clock.now.seconds).contains(at))
                #expect(event.claims["iat"]?.integer == at)
                #expect(event.event["reason_admin"]?.object?["en"]?.string?.isEmpty == false)
            }
            #expect(Set(events.map(\.transaction)).count == 1, "what one act caused has one txn")
            let change = events.first { $0.kind == "credential-change" }?.event
            if let change {
                #expect(change["credential_type"]?.string == "password")
                #expect(change["change_type"]?.string == "update")
            }
        }
    }

    @Test func `what is refused or has nothing left to do has no event`() async throws {
        let clock = TestClock()
        try await withServer(Receiver.switchedOn, clock: clock) { server in
            let scene = try await Scene(server, clock)
            let wrong = try await server.http.post(
                "/api/v1/password",
                json: ["current_password": "not-the-password", "new_password": "seven-loud-herons-at-dusk"],
                bearer: try await scene.account)
            #expect(wrong.status == 403)
            #expect(try await scene.receiver.events().isEmpty)
            for _ in 0..<2 { #expect(try await scene.admin("DELETE", "/sessions/\(try scene.sid)").status == 204) }
            #expect(try await scene.receiver.events().count == 1)
            #expect(try await scene.admin("DELETE", "/users/nobody").status == 404)
            #expect(try await scene.receiver.events().count == 1)
        }
    }

    @Test func `a second password change in the same second is an event about the credential`() async throws {
        let clock = TestClock()
        try await withServer(Receiver.switchedOn, clock: clock) { server in
            let scene = try await Scene(server, clock)
            for number in 0..<2 {
                let answer = try await scene.admin(
                    "PUT", "/users/ada/password", "{\"password\":\"seven-loud-herons-\(number)\"}")
                #expect(answer.status == 204)
            }
            let events = try await scene.receiver.events()
            #expect(events.map(\.kind) == ["session-revoked", "credential-change", "credential-change"])
            #expect(Set(events.map(\.transaction)).count == 2)
        }
    }

    @Test func `the oldest of too many sessions ends with an event`() async throws {
        try await withServer(Receiver.switchedOn) { server in
            try await server.addUser()
            try await server.addClient()
            let receiver = try await Receiver(server)
            let first = try #require(try await server.login()["sid"])
            for _ in 0..<255 { _ = try await server.login() }
            #expect(try await receiver.events().isEmpty)
            #expect(try await server.login().status == 200)
            let events = try await receiver.events()
            #expect(events.map(\.session) == [first])
            #expect(events.map(\.initiator) == ["policy"])
        }
    }

    @Test func `all other sessions get an event each, under one txn`() async throws {
        let clock = TestClock()
        try await withServer(Receiver.switchedOn, clock: clock) { server in
            let scene = try await Scene(server, clock)
            let second = try #require(try await server.login()["sid"])
            let account = try await scene.account
            let answer = try await server.http.authorised(
                "POST", "/api/v1/sessions/revoke-others", bearer: account)
            #expect(answer.integer("revoked") == 2, "\(answer.text)")
            let events = try await scene.receiver.events()
            #expect(Set(events.map(\.session)) == [try scene.sid, second])
            #expect(Set(events.map(\.transaction)).count == 1)
        }
    }

    @Test func `enabling again is an event, only for receivers that asked for it`() async throws {
        try await withServer(Receiver.switchedOn) { server in
            try await server.addUser()
            let receiver = try await Receiver(
                server, requested: #"["https://schemas.openid.net/secevent/risc/event-type/account-enabled","x:y"]"#)
            for state in ["disable", "enable"] {
                let answer = try await server.overSocket.send("POST", "/api/v1/admin/users/ada/\(state)")
                #expect(answer.status == 200)
            }
            #expect(try await receiver.events().map(\.kind) == ["account-enabled"])
        }
    }
}
