import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// What a user's own token tells of when sessions were last used: not enough to lie in wait for a rotation.
struct LastUseTests {
    private func own(_ server: TestServer, _ bearer: String) async throws -> [String: JSONObject] {
        let list = try await server.http.authorised("GET", "/api/v1/sessions", bearer: bearer)
        let items = try #require(list.json.object?["items"]?.array).compactMap(\.object)
        return Dictionary(uniqueKeysWithValues: items.map { ($0["id"]?.string ?? "", $0) })
    }

    @Test func `the list says the same before and after a rotation of the session that asks`() async throws {
        let clock = TestClock()
        try await withServer(["trusted_proxies": "127.0.0.1"], clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            let login = try await server.login(scope: "openid latchkey:account")
            let sid = try #require(login["sid"])
            var refresh = try #require(login["refresh_token"])
            for minute in 0..<20 {
                // Anywhere in the five minutes, the last one of them too.
                clock.advance(by: .seconds(61))
                let account = try await server.refresh(refresh, scope: "latchkey:account")
                let bearer = try #require(account["access_token"])
                let before = try await own(server, bearer)[sid]
                // The owner rotates, from elsewhere; the same instant for all, so that nothing else can differ.
                let rotated = try await server.http.post(
                    "/oauth2/token",
                    form: [
                        ("grant_type", "refresh_token"), ("client_id", "spa"),
                        ("refresh_token", try #require(account["refresh_token"])),
                    ], headers: [("X-Forwarded-For", "203.0.113.\(minute)")])
                refresh = try #require(rotated["refresh_token"])
                let after = try await own(server, bearer)[sid]
                #expect(before == after)
                #expect(after?["refreshed_at"]?.integer == clock.now.seconds - clock.now.seconds % 300)
            }
        }
    }

    @Test func `of other sessions five minutes look alike, the end included`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            let started = clock.now.seconds
            let login = try await server.login()
            let sid = try #require(login["sid"])
            var refresh = try #require(login["refresh_token"])
            for second in [1, 120, 299, 300, 301, 599, 600] {
                clock.set(Timestamp(seconds: started + Int64(second)))
                refresh = try #require(try await server.refresh(refresh)["refresh_token"])
                let bearer = try #require(try await server.login(scope: "latchkey:account")["access_token"])
                let told = try #require(try await own(server, bearer)[sid])
                let rounded = started + Int64(second) - Int64(second) % 300
                #expect(told["refreshed_at"]?.integer == rounded)
                #expect(told["expires_at"]?.integer == rounded + 14 * 86400)
                #expect(told["created_at"]?.integer == started)
            }
        }
    }

    @Test func `me tells nothing of the last use, and administrators see what is stored`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            let login = try await server.login()
            let sid = try #require(login["sid"])
            let bearer = try #require(login["access_token"])
            let before = try await server.http.authorised("GET", "/api/v1/me", bearer: bearer)
            clock.advance(by: .seconds(77))
            _ = try await server.refresh(try #require(login["refresh_token"]))
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: bearer).body == before.body)
            let stored = try await server.overSocket.get("/api/v1/admin/sessions/\(sid)")
            #expect(stored.integer("refreshed_at") == clock.now.seconds)
            #expect(stored.integer("expires_at") == clock.now.seconds + 14 * 86400)
        }
    }

    @Test func `an idle lifetime shorter than the rounding ends no live session before now`() async throws {
        let clock = TestClock()
        try await withServer(["refresh.idle_ttl": "2m"], clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            let login = try await server.login()
            let sid = try #require(login["sid"])
            var refresh = try #require(login["refresh_token"])
            for _ in 0..<6 {
                clock.advance(by: .seconds(55))
                refresh = try #require(try await server.refresh(refresh)["refresh_token"])
                let bearer = try #require(try await server.login(scope: "latchkey:account")["access_token"])
                let end = try #require(try await own(server, bearer)[sid]?["expires_at"]?.integer)
                #expect(end >= clock.now.seconds)
                #expect(end <= clock.now.seconds + 120)
            }
        }
    }

    @Test func `an absolute end is shown exactly`() async throws {
        let clock = TestClock(Timestamp(seconds: 1_795_420_800 + 77))
        try await withServer(["refresh.absolute_ttl": "2h", "refresh.idle_ttl": "2h"], clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            let login = try await server.login(scope: "latchkey:account")
            clock.advance(by: .seconds(300))
            let refreshed = try await server.refresh(try #require(login["refresh_token"]))
            let told = try await own(server, try #require(refreshed["access_token"])).values.first
            let end = try #require(told?["expires_at"]?.integer)
            #expect(end == 1_795_420_800 + 77 + 7200)
        }
    }
}
