import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// `iat` has whole seconds, so a watermark and a token may share one. Neither may a token outlive its revocation nor
/// may one be born revoked.
struct SameSecondTests {
    @Test(arguments: ["user", "client", "all"])
    func `just before is refused, just after waits for the next second and is accepted`(kind: String) async throws {
        let clock = TestClock(Timestamp(milliseconds: 1_795_420_800_300))
        try await withServer(clock: clock) { server in
            let user = try await server.addUser()
            try await server.addClient()
            let reader = PollingReader(server.http, clock: clock)
            try await reader.fetchKeys()
            let before = try #require(try await server.login()["access_token"])
            let second = clock.now.seconds
            let id: String? = kind == "user" ? user.id.description : kind == "client" ? "spa" : nil
            let answer = try await server.revoke(kind, id)
            #expect(answer.status == 201)
            #expect(answer.integer("iat_before") == second)
            #expect(clock.now.seconds == second, "all of it happened in one second")

            let after = try #require(try await server.login()["access_token"])
            #expect(clock.now.seconds == second + 1, "the login has waited for the next second")
            try await reader.poll()
            let mark = try #require(await reader.entries.first?.iat_before)
            #expect(try PollingReader.claims(before).iat == mark)
            #expect(try PollingReader.claims(after).iat == mark + 1)
            #expect(try await reader.judge(before) == .revoked(kind))
            #expect(try await reader.judge(after) == .accepted)
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: before).status == 401)
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: after).status == 200)
        }
    }

    @Test func `a session begun in the watermark's second, but after it, lives on`() async throws {
        let clock = TestClock(Timestamp(milliseconds: 1_795_420_800_999))
        try await withServer(clock: clock) { server in
            let user = try await server.addUser()
            try await server.addClient()
            let old = try #require(try await server.login()["refresh_token"])
            #expect(try await server.revoke("user", user.id.description).status == 201)
            let new = try #require(try await server.login()["refresh_token"])
            #expect(try await server.refresh(old)["latchkey_reason"] == "revoked")
            #expect(try await server.refresh(new).status == 200)
        }
    }

    @Test func `a refresh in the second of a revocation of all access tokens waits too`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            let secret = try await server.addConfidentialClient()
            let refresh = try #require(try await server.login()["refresh_token"])
            #expect(try await server.revoke("all").status == 201)
            let reader = PollingReader(server.http, clock: clock)
            try await reader.fetchKeys()
            try await reader.poll()
            let renewed = try #require(try await server.refresh(refresh)["access_token"])
            #expect(try await reader.judge(renewed) == .accepted)
            #expect(try await server.revoke("all").status == 201)
            try await reader.poll()
            #expect(try await reader.judge(renewed) == .revoked("all"))
            #expect(try await reader.judge(try await server.serviceToken(secret: secret)) == .accepted)
        }
    }
}
