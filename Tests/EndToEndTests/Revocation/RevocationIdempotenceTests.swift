import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Repetition and bad input: nothing is written twice, nothing that is not there is revoked.
struct RevocationIdempotenceTests {
    @Test(arguments: ["token", "session", "user", "client", "all"])
    func `the same revocation again writes nothing`(kind: String) async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let user = try await server.addUser()
            try await server.addClient()
            let token = try #require(try await server.login()["access_token"])
            let claims = try PollingReader.claims(token)
            let id: String? =
                switch kind {
                case "token": claims.jti
                case "session": claims.sid
                case "user": user.id.description
                case "client": "spa"
                default: nil
                }
            let first = try await server.revoke(kind, id)
            #expect(first.status == 201)
            #expect(first["kind"] == kind)
            #expect(first["id"] == id)
            let sequence = try #require(first.integer("seq"))
            for _ in 0..<3 {
                let again = try await server.revoke(kind, id)
                #expect(again.status == 200, "\(again.text)")
            }
            #expect(try await server.list().sequence == sequence)
            #expect(try await server.list().entries.count == 1)
            let audited = try await server.overSocket.get("/api/v1/admin/audit").json.object?["items"]?.array
            let acts = audited?.compactMap { $0.object?["kind"]?.string }
                .filter { $0 == "revocation.added" || $0 == "session.ended" }
            #expect(acts?.count == 1, "\(acts ?? [])")
        }
    }

    @Test func `a watermark covers later tokens only when it is written again`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let user = try await server.addUser()
            try await server.addClient()
            #expect(try await server.revoke("user", user.id.description).status == 201)
            let token = try #require(try await server.login()["access_token"])
            let reader = PollingReader(server.http, clock: clock)
            try await reader.fetchKeys()
            try await reader.poll()
            #expect(try await reader.judge(token) == .accepted)
            #expect(try await server.revoke("user", user.id.description).status == 201)
            try await reader.poll()
            #expect(try await reader.judge(token) == .revoked("user"))
        }
    }

    @Test func `what is not there cannot be revoked, and wrong input writes nothing`() async throws {
        try await withServer { server in
            let nobody = "01930000-0000-7000-8000-000000000000"
            let cases: [(String, String?, Int)] = [
                ("session", nobody, 404), ("user", nobody, 404), ("user", "nobody", 404), ("client", "none", 404),
                ("key", "none", 404), ("token", "a b", 400), ("session", "x", 400), ("client", "a b", 400),
                ("token", nil, 400), ("session", nil, 400), ("all", "x", 400), ("everything", nil, 400),
            ]
            for (kind, id, status) in cases {
                let answer = try await server.revoke(kind, id)
                #expect(answer.status == status, "\(kind) \(id ?? "") \(answer.text)")
            }
            #expect(try await server.revoke("user", "x", sessions: true).status == 400)
            #expect(try await server.list().sequence == 0)
        }
    }

    @Test func `the ninth live token entry of a session ends the session`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            let reader = PollingReader(server.http, clock: clock)
            try await reader.fetchKeys()
            var refresh = try #require(try await server.login()["refresh_token"])
            for number in 1...9 {
                let next = try await server.refresh(refresh)
                refresh = try #require(next["refresh_token"], "\(next.text)")
                let access = try #require(next["access_token"])
                let answer = try await server.http.post(
                    "/oauth2/revoke", form: [("token", access), ("client_id", "spa")])
                #expect(answer.status == 200)
                let news = try await reader.poll()
                #expect(news.entries.map(\.kind) == [number == 9 ? "session" : "token"])
                #expect(try await reader.judge(access) == .revoked(number == 9 ? "session" : "token"))
            }
            #expect(try await server.refresh(refresh)["latchkey_reason"] == "revoked")
        }
    }

    @Test func `entries that have left make room for others`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            var refresh = try #require(try await server.login()["refresh_token"])
            for number in 0..<12 {
                let next = try await server.refresh(refresh)
                refresh = try #require(next["refresh_token"], "\(next.text)")
                let access = try #require(next["access_token"])
                _ = try await server.http.post("/oauth2/revoke", form: [("token", access), ("client_id", "spa")])
                // Six at a time, each time until they are gone.
                if number % 6 == 5 { clock.advance(by: .seconds(421)) }
            }
            try await server.look()
            #expect(try await server.list().entries.isEmpty)
            #expect(try await server.list().sequence == 12)
            #expect(try await server.refresh(refresh).status == 200)
        }
    }
}
