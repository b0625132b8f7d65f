import Foundation
import JWTKit
import LatchkeyCore
import LatchkeyTokens
import TestConditions
import TestSupport
import Testing

/// The list over time: expiry, restarts, waits, and the signed form as somebody else's library reads it.
struct ListLifetimeTests {
    private struct SignedList: JWTPayload {
        struct Entry: Codable, Sendable {
            let seq: Int
            let kind: String
        }
        let iss: String
        let iat: Int
        let exp: Int
        let epoch: String
        let seq: Int
        let entries: [Entry]

        func verify(using algorithm: some JWTAlgorithm) throws {}
    }

    private func logOut(_ server: TestServer) async throws {
        let token = try #require(try await server.login()["access_token"])
        #expect(try await server.http.authorised("POST", "/api/v1/logout", bearer: token).status == 204)
    }

    @Test func `an entry leaves when no token that it matches can be alive, and not a second earlier`() async throws {
        let clock = TestClock()
        try await withServer(["tokens.access_ttl": "600s", "tokens.max_skew": "60s"], clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            let kid = try #require(try await server.publishedKeys().first?.kid)
            let start = clock.now
            let token = try #require(try await server.login()["access_token"])
            #expect(try PollingReader.claims(token).exp <= Int(start.seconds) + 600)
            let revoked = try await server.revoke("user", "ada")
            #expect(revoked.status == 201, "\(revoked.text)")
            #expect(
                try await server.overSocket.post(
                    "/api/v1/admin/keys/rotate", json: ["emergency": true, "only": .string(kid)]
                ).status == 200)
            let tag = try #require(try await server.http.get("/revocations")[field: "ETag"])
            clock.set(start + .seconds(659))
            try await server.look()
            #expect(try await server.list().entries.map(\.kind) == [.user, .key])
            clock.set(start + .seconds(660))
            try await server.look()
            let document = try await server.list()
            #expect(document.entries.map(\.kind) == [.key])
            #expect(document.sequence == 2, "seq counts what was written, not what is left")
            let again = try await server.http.get("/revocations", headers: [("If-None-Match", tag)])
            #expect(again.status == 200, "the set of live entries is another one")
            clock.set(start + .seconds(30 * 86400 - 1))
            try await server.look()
            #expect(try await server.list().entries.map(\.kind) == [.key])
            clock.set(start + .seconds(30 * 86400))
            try await server.look()
            #expect(try await server.list().entries.isEmpty)
        }
    }

    /// A time server that is wrong for a while: afterwards the tokens of before are alive again.
    @Test(arguments: [false, true])
    func `a clock that jumps ahead and comes back has forgotten no revocation`(wasUsed: Bool) async throws {
        let clock = TestClock()
        try await withServer(["status_list.enabled": "true"], clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            let token = try #require(try await server.login()["access_token"])
            #expect(try await server.revoke("user", "ada").status == 201)
            let lists = try await server.http.get("/statuslists").text
            #expect(lists.contains("/statuslists/"))
            clock.jump(by: .seconds(30 * 86400))
            try await server.look()
            #expect(try await server.list().entries.count == 1)
            if wasUsed {
                try await server.addUser("grace")
                #expect(try await server.login("grace").status == 200)
            }
            try await server.services.upkeep.sweep()
            let listsThen = try await server.http.get("/statuslists").text
            #expect(wasUsed || listsThen == lists)
            clock.jump(by: .seconds(-30 * 86400))
            try await server.look()

            #expect(try await server.list().entries.count == 1)
            #expect(try await server.services.store.revocations(after: 0, limit: 10).count == 1)
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: token).status == 401)
            #expect(try await server.login().status == (wasUsed ? 503 : 200), "whether the wrong time was used")
        }
    }

    @Test func `a client with longer tokens keeps entries for longer`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            let created = try await server.overSocket.post(
                "/api/v1/admin/clients",
                json: ["id": "slow", "kind": "public", "first_party": true, "access_ttl_seconds": 3600])
            guard created.status == 201 else {
                Issue.record("\(created.text)")
                return
            }
            let start = clock.now
            let token = try #require(try await server.login(client: "slow")["access_token"])
            #expect(try PollingReader.claims(token).exp > Int(start.seconds) + 3000)
            #expect(try await server.revoke("user", "ada").status == 201)
            let reader = PollingReader(server.http, clock: clock)
            try await reader.fetchKeys()
            clock.set(Timestamp(seconds: Int64(try PollingReader.claims(token).exp) - 1))
            try await reader.poll()
            #expect(try await reader.judge(token) == .revoked("user"))
        }
    }

    @Test func `a restart draws a new epoch, keeps seq and every live entry`() async throws {
        let folder = try TemporaryFolder()
        let kept = Captured<(epoch: String, sequence: Int64, token: String)>(("", 0, ""))
        try await withServer(folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
            let token = try #require(try await server.login()["access_token"])
            try await logOut(server)
            #expect(try await server.revoke("user", "ada").status == 201)
            let list = try await server.list()
            kept.value = (list.epoch, list.sequence, token)
        }
        for _ in 0..<2 {
            try await withServer(folder: folder) { server in
                let (epoch, sequence, token) = kept.value
                let answer = try await server.http.get("/revocations?after=\(sequence)&epoch=\(epoch)")
                let document = try RevocationDocument(parsing: answer.body)
                #expect(document.epoch != epoch)
                #expect(document.after == 0, "a delta of another epoch is a snapshot")
                #expect(document.sequence >= sequence)
                #expect(document.entries.contains { $0.kind == .user })
                #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: token).status == 401)
                try await logOut(server)
                let later = try await server.list()
                #expect(later.sequence == document.sequence + 1)
                kept.value = (later.epoch, later.sequence, token)
            }
        }
    }

    @Test func `a wait that nothing ends is answered empty when its time is up`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            try await logOut(server)
            let list = try await server.list()
            // The machine's own time bounds a wait, whatever the time of day does.
            let start = ContinuousClock.now
            let answer = try await server.http.get("/revocations?after=\(list.sequence)&epoch=\(list.epoch)&wait=1")
            #expect(ContinuousClock.now - start >= .seconds(1))
            #expect(answer.status == 200)
            #expect(answer[field: "Cache-Control"] == "no-store")
            let document = try RevocationDocument(parsing: answer.body)
            #expect(document.entries.isEmpty)
            #expect(document.after == list.sequence)
            // What is newer already, or cannot be told, is not waited for.
            for query in [
                "after=0&epoch=\(list.epoch)", "after=\(list.sequence)&epoch=old", "after=99&epoch=\(list.epoch)",
            ] {
                let at = clock.now
                let answer = try await server.http.get("/revocations?\(query)&wait=2")
                if TestStore.isPostgres, query.hasPrefix("after=99") {
                    // Another node may know more; no list below what the poller has is offered.
                    #expect(answer.status == 503)
                } else {
                    #expect(try RevocationDocument(parsing: answer.body).entries.count == 1)
                }
                #expect(clock.now == at)
            }
        }
    }

    @Test func `every waiting poller has the entry when the revocation's own answer is there`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            // Fewer than the connections that the tests' HTTP client opens to one server.
            let readers = (0..<5).map { _ in PollingReader(server.http) }
            let token = try #require(try await server.login()["access_token"])
            for reader in readers {
                try await reader.fetchKeys()
                try await reader.poll()
                #expect(try await reader.judge(token) == .accepted)
            }
            try await withThrowingTaskGroup(of: PollingReader.Verdict.self) { group in
                for reader in readers {
                    group.addTask {
                        try await reader.poll(query: "&wait=50")
                        return try await reader.judge(token)
                    }
                }
                try await eventually("all polls are held") { server.services.feed.waiting == readers.count }
                #expect(try await server.http.authorised("POST", "/api/v1/logout", bearer: token).status == 204)
                // Whoever polls from now on sees it at once, and nobody is left waiting.
                #expect(try await server.list().entries.count == 1)
                for try await verdict in group { #expect(verdict == .revoked("session")) }
                #expect(server.services.feed.waiting == 0)
            }
        }
    }

    @Test func `jwt-kit verifies the signed list with the JWKS, and it is typed so that it is no token`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            try await logOut(server)
            let plain = try await server.list()
            let text = try await server.http.get("/revocations.jwt").text
            let keys = JWTKeyCollection()
            try await keys.add(jwksJSON: try await server.http.get("/.well-known/jwks.json").text)
            await keys.clearDefault()
            let list = try await keys.verify(text, as: SignedList.self)
            #expect(list.iss == "http://localhost:8080")
            #expect(list.epoch == plain.epoch)
            #expect(list.seq == Int(plain.sequence))
            #expect(list.entries.map(\.kind) == ["session"])
            #expect(list.iat == Int(clock.now.seconds))
            #expect(list.exp == list.iat + 60)
            let header = try JWS(parsing: Array(text.utf8)).header
            #expect(header.type == "revocations+jwt")
            // Signed once for everybody who asks within next_update, then anew.
            clock.advance(by: .seconds(4))
            try await server.look()
            #expect(try await server.http.get("/revocations.jwt").text == text)
            clock.advance(by: .seconds(1))
            try await server.look()
            let later = try await keys.verify(try await server.http.get("/revocations.jwt").text, as: SignedList.self)
            #expect(later.iat == list.iat + 5)
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: text).status == 401)
        }
    }

    @Test func `administrators see consumers by name`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            let reader = PollingReader(server.http, clock: clock)
            try await reader.poll(query: "&consumer=orders")
            try await logOut(server)
            try await logOut(server)
            func orders() async throws -> JSONObject {
                let items = try await server.overSocket.get("/api/v1/admin/consumers").json.object?["items"]?.array
                #expect(items?.count == 1)
                return try #require(items?.first?.object)
            }
            #expect(try await orders()["name"]?.string == "orders")
            try await reader.poll(query: "&consumer=orders")
            try await reader.poll(query: "&consumer=orders")
            let current = try await orders()
            #expect(current["acknowledged_seq"]?.integer == 2)
            #expect(current["lag"]?.integer == 0)
            try await logOut(server)
            #expect(try await orders()["lag"]?.integer == 1)
        }
    }
}
