import InMemoryLogging
import LatchkeyCore
import LatchkeyTokens
import Logging
import TestSupport
import Testing

/// The generation table once more, through sockets and a database file.
struct GenerationTableTests {
    private func token(_ response: TestResponse) throws -> String { try #require(response["refresh_token"]) }

    private func signedIn(_ server: TestServer) async throws -> String {
        try await server.addUser()
        try await server.addClient()
        let login = try await server.login()
        #expect(login.status == 200)
        return try token(login)
    }

    @Test func `an old token ends the session, its access tokens and its newest refresh token`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let first = try await signedIn(server)
            let second = try token(try await server.refresh(first))
            let third = try await server.refresh(try token(try await server.refresh(second)))
            clock.advance(by: .seconds(31))
            let replay = try await server.refresh(first)
            #expect(replay.status == 400)
            #expect(replay["error"] == "invalid_grant")
            #expect(replay["latchkey_reason"] == "replayed")
            let newest = try await server.refresh(try token(third))
            #expect(newest["latchkey_reason"] == "revoked")
            let access = try #require(third["access_token"])
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: access).status == 401)
            #expect(try await server.list().entries.map(\.kind) == [.session])
            #expect(server.services.feed.liveEntries == 1)
        }
    }

    @Test func `a skipped successor ends the session`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let first = try await signedIn(server)
            let lost = try token(try await server.refresh(first))
            clock.advance(by: .seconds(31))
            let recovered = try await server.refresh(first)
            #expect(recovered.status == 200)
            #expect(try token(recovered) != lost)
            #expect(try await server.refresh(lost)["latchkey_reason"] == "replayed")
            #expect(try await server.refresh(try token(recovered))["latchkey_reason"] == "revoked")
        }
    }

    @Test func `the window gives the same successor, then an access token alone, then a fork`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let first = try await signedIn(server)
            let successor = try token(try await server.refresh(first))
            clock.advance(by: .seconds(14))
            #expect(try token(try await server.refresh(first)) == successor)
            clock.advance(by: .seconds(2))
            let straggler = try await server.refresh(first)
            #expect(straggler.status == 200)
            #expect(straggler["refresh_token"] == nil)
            #expect(straggler["access_token"] != nil)
            clock.advance(by: .seconds(15))
            #expect(try token(try await server.refresh(first)) != successor)
        }
    }

    @Test func `the ninth recovery of a day is a replay`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let first = try await signedIn(server)
            _ = try await server.refresh(first)
            for _ in 0..<8 {
                clock.advance(by: .seconds(31))
                #expect(try await server.refresh(first).status == 200)
            }
            clock.advance(by: .seconds(31))
            #expect(try await server.refresh(first)["latchkey_reason"] == "replayed")
        }
    }

    @Test func `a token newer than the database moves the lineage forward and tells the operator`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock, expectFaults: true) { server in
            let first = try await signedIn(server)
            let session = try #require(RefreshToken(first)?.session)
            let record = try #require(try await server.services.store.session(session))
            // What this server would have issued later, had the database not been put back.
            let ring = try MasterKeyFile(path: server.folder.file("master.key")).read()
            let future = try RefreshToken.derive(
                session: session, generation: 9, nonce: record.session.nonce, keys: ring)
            let answer = try await server.refresh(future.text)
            #expect(answer.status == 200)
            #expect(RefreshToken(try token(answer))?.generation == 10)
            #expect(server.logs.entries.contains { $0.level == .critical })
            let events = try await server.services.audit.page(
                AuditFilter(session: session, kind: .storeRolledBack), PageRequest())
            #expect(events.items.count == 1)
        }
    }

    @Test func `idle and absolute expiry hold whatever is refreshed in between`() async throws {
        let clock = TestClock()
        try await withServer(["refresh.idle_ttl": "60m", "refresh.absolute_ttl": "2h"], clock: clock) { server in
            let idle = try await signedIn(server)
            var busy = try token(try await server.login())
            for _ in 0..<6 {
                clock.advance(by: .seconds(19 * 60))
                busy = try token(try await server.refresh(busy))
            }
            #expect(try await server.refresh(idle)["latchkey_reason"] == "expired")
            clock.advance(by: .seconds(6 * 60))
            #expect(try await server.refresh(busy)["latchkey_reason"] == "expired")
        }
    }

    @Test func `a forged tag, another client and a wider scope change nothing`() async throws {
        try await withServer { server in
            let first = try await signedIn(server)
            try await server.addClient("other")
            let forged = String(first.dropLast(2)) + (first.hasSuffix("AA") ? "BB" : "AA")
            #expect(try await server.refresh(forged)["latchkey_reason"] == "malformed")
            let stolen = try await server.refresh(first, client: "other")
            #expect(stolen.status == 400)
            #expect(stolen["latchkey_reason"] == "wrong_client")
            #expect(try await server.refresh(first, scope: "openid root")["error"] == "invalid_scope")
            let session = try #require(RefreshToken(first)?.session)
            let record = try await server.services.store.session(session)
            #expect(record?.session.lineage.current == 1)
            #expect(try await server.refresh(first).status == 200)
        }
    }
}
