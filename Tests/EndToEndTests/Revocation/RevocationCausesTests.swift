import Foundation
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Every act that revokes, seen by a service that polls the list: the victim's token dies before it expires, under the
/// kind that the act is said to write, and nobody else's does.
struct RevocationCausesTests {
    /// Two people signed in through two clients each, and a service client of its own.
    struct Scene: Sendable {
        let server: TestServer
        let clock: TestClock
        let reader: PollingReader
        let ada: User
        let login: TestResponse
        let access: String
        let refresh: String
        /// Ada through another client, Bob through both.
        let adaElsewhere: String
        let bobHere: String
        let bobElsewhere: String

        init(_ server: TestServer, _ clock: TestClock) async throws {
            self.server = server
            self.clock = clock
            reader = PollingReader(server.http, clock: clock)
            ada = try await server.addUser("ada")
            try await server.addUser("bob")
            try await server.addClient("spa")
            try await server.addClient("app")
            login = try await server.login("ada", client: "spa")
            access = try #require(login["access_token"])
            refresh = try #require(login["refresh_token"])
            adaElsewhere = try #require(try await server.login("ada", client: "app")["access_token"])
            bobHere = try #require(try await server.login("bob", client: "spa")["access_token"])
            bobElsewhere = try #require(try await server.login("bob", client: "app")["access_token"])
            try await reader.fetchKeys()
            try await reader.poll()
        }

        func admin(_ method: String, _ path: String, _ body: String? = nil) async throws -> TestResponse {
            try await server.overSocket.send(method, "/api/v1/admin" + path, body: body)
        }

        func form(_ token: String) async throws -> TestResponse {
            try await server.http.post("/oauth2/revoke", form: [("token", token), ("client_id", "spa")])
        }

        var account: String {
            get async throws {
                try #require(
                    try await server.login("ada", client: "spa", scope: "latchkey:account")["access_token"])
            }
        }
    }

    /// Who is hit.
    enum Reach { case token, session, user, client, everybody }

    struct Cause: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let kind: String
        let reach: Reach
        let status: Int
        let act: @Sendable (Scene) async throws -> TestResponse

        init(
            _ name: String, kind: String, reach: Reach, status: Int = 200,
            _ act: @escaping @Sendable (Scene) async throws -> TestResponse
        ) {
            testDescription = name
            self.kind = kind
            self.reach = reach
            self.status = status
            self.act = act
        }
    }

    static let causes: [Cause] = [
        Cause("logout with the access token", kind: "session", reach: .session, status: 204) {
            try await $0.server.http.authorised("POST", "/api/v1/logout", bearer: $0.access)
        },
        Cause("logout with the refresh token", kind: "session", reach: .session, status: 204) {
            try await $0.server.http.post("/api/v1/logout", json: ["refresh_token": .string($0.refresh)])
        },
        Cause("a replayed refresh token", kind: "session", reach: .session, status: 400) { scene in
            let second = try await scene.server.refresh(scene.refresh)
            _ = try await scene.server.refresh(try #require(second["refresh_token"]))
            scene.clock.advance(by: .seconds(31))
            return try await scene.server.refresh(scene.refresh)
        },
        Cause("/oauth2/revoke of the refresh token", kind: "session", reach: .session) {
            try await $0.form($0.refresh)
        },
        Cause("/oauth2/revoke of the access token", kind: "token", reach: .token) { try await $0.form($0.access) },
        Cause("the user ends one session", kind: "session", reach: .session, status: 204) { scene in
            let sid = try #require(try PollingReader.claims(scene.access).sid)
            return try await scene.server.http.authorised(
                "DELETE", "/api/v1/sessions/\(sid)", bearer: try await scene.account)
        },
        Cause("the user changes the password", kind: "user", reach: .user) {
            try await $0.server.http.post(
                "/api/v1/password",
                json: ["current_password": .string(TestServer.password), "new_password": "seven-loud-herons-at-dusk"],
                bearer: try await $0.account)
        },
        Cause("an administrator sets the password", kind: "user", reach: .user, status: 204) {
            try await $0.admin("PUT", "/users/ada/password", #"{"password":"seven-loud-herons-at-dusk"}"#)
        },
        Cause("disable user", kind: "user", reach: .user) { try await $0.admin("POST", "/users/ada/disable") },
        Cause("delete user", kind: "user", reach: .user, status: 204) { try await $0.admin("DELETE", "/users/ada") },
        Cause("disable client", kind: "client", reach: .client) { try await $0.admin("POST", "/clients/spa/disable") },
        Cause("delete client", kind: "client", reach: .client, status: 204) {
            try await $0.admin("DELETE", "/clients/spa")
        },
        Cause("admin: session", kind: "session", reach: .session, status: 204) { scene in
            let sid = try #require(try PollingReader.claims(scene.access).sid)
            return try await scene.admin("DELETE", "/sessions/\(sid)")
        },
        Cause("admin: kind token", kind: "token", reach: .token, status: 201) {
            try await $0.server.revoke("token", try PollingReader.claims($0.access).jti)
        },
        Cause("admin: kind session", kind: "session", reach: .session, status: 201) {
            try await $0.server.revoke("session", try PollingReader.claims($0.access).sid)
        },
        Cause("admin: kind user", kind: "user", reach: .user, status: 201) {
            try await $0.server.revoke("user", $0.ada.id.description)
        },
        Cause("admin: kind client", kind: "client", reach: .client, status: 201) {
            try await $0.server.revoke("client", "spa")
        },
        Cause("admin: kind all", kind: "all", reach: .everybody, status: 201) { try await $0.server.revoke("all") },
        Cause("admin: kind all with sessions", kind: "all", reach: .everybody, status: 201) {
            try await $0.server.revoke("all", sessions: true)
        },
        Cause("emergency for the key", kind: "key", reach: .everybody) { scene in
            let kid = try PollingReader.keyID(scene.access)
            return try await scene.admin("POST", "/keys/rotate", "{\"emergency\":true,\"only\":\"\(kid)\"}")
        },
    ]

    @Test(arguments: causes)
    func `the victim's token is refused by the next poll, the others' tokens are not`(cause: Cause) async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let scene = try await Scene(server, clock)
            let reader = scene.reader
            #expect(try await reader.judge(scene.access) == .accepted)
            let answer = try await cause.act(scene)
            #expect(answer.status == cause.status, "\(answer.text)")
            let news = try await reader.poll()
            #expect(news.entries.map(\.kind) == [cause.kind])
            #expect(try await reader.judge(scene.access) == .revoked(cause.kind))
            let user: PollingReader.Verdict = cause.reach == .user ? .revoked(cause.kind) : .accepted
            let client: PollingReader.Verdict = cause.reach == .client ? .revoked(cause.kind) : .accepted
            let all: PollingReader.Verdict? = cause.reach == .everybody ? .revoked(cause.kind) : nil
            #expect(try await reader.judge(scene.adaElsewhere) == all ?? user)
            #expect(try await reader.judge(scene.bobHere) == all ?? client)
            #expect(try await reader.judge(scene.bobElsewhere) == all ?? .accepted)

            // Our own API and the refresh token agree with the list.
            let me = try await server.http.authorised("GET", "/api/v1/me", bearer: scene.access)
            #expect(me.status == 401)
            let refresh = try await server.refresh(scene.refresh)
            switch cause.testDescription {
            // These end access tokens alone.
            case "admin: kind all", "emergency for the key", "admin: kind token", "/oauth2/revoke of the access token":
                #expect(refresh.status == 200, "\(refresh.text)")
                try await reader.fetchKeys()
                let next = try #require(refresh["access_token"])
                #expect(try await reader.judge(next) == .accepted)
            default: #expect(refresh.status >= 400 && refresh.status < 500, "\(refresh.text)")
            }
        }
    }

    @Test func `a retired key is condemned by hand, one that may sign is not`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let secret = try await server.addConfidentialClient()
            clock.advance(by: .seconds(86400))
            let token = try await server.serviceToken(secret: secret)
            let kid = try PollingReader.keyID(token)
            let early = try await server.revoke("key", kid)
            #expect(early.status == 409)
            #expect(early["detail"]?.contains("--emergency --only") == true)
            #expect(try await server.overSocket.post("/api/v1/admin/keys/rotate", json: [:]).status == 200)
            let reader = PollingReader(server.http, clock: clock)
            try await reader.fetchKeys()
            #expect(try await reader.judge(token) == .accepted)
            #expect(try await server.revoke("key", kid).status == 201)
            #expect(try await server.revoke("key", kid).status == 200)
            #expect(try await reader.poll().entries.map(\.kind) == ["key"])
            #expect(try await reader.judge(token) == .revoked("key"))
            #expect(try await server.publishedKeys().allSatisfy { $0.kid != kid })
            #expect(try await server.revoke("key", "nokey").status == 404)
        }
    }
}
