import Foundation
import InMemoryLogging
import LatchkeyCore
import LatchkeyTokens
import Logging
import TestSupport
import Testing

/// Databases of yesterday and clocks of tomorrow.
struct TimeAndCopiesTests {
    private func copy(_ folder: TemporaryFolder, _ from: String, _ to: String) throws {
        try? FileManager.default.removeItem(atPath: folder.file(to))
        try FileManager.default.copyItem(atPath: folder.file(from), toPath: folder.file(to))
    }

    @Test(.onSQLite) func `a database copied back from yesterday moves lineages forward and tells everybody who must know`()
        async throws
    {
        let folder = try TemporaryFolder()
        let clock = TestClock()
        let kept = Captured<(token: String, epoch: String, sequence: Int64)>(("", "", 0))
        try await withServer(clock: clock, folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
            kept.value.token = try #require(try await server.login()["refresh_token"])
        }
        try copy(folder, "latchkey.sqlite", "yesterday")
        clock.advance(by: .seconds(86400))
        try await withServer(clock: clock, folder: folder) { server in
            for _ in 0..<4 {
                kept.value.token = try #require(try await server.refresh(kept.value.token)["refresh_token"])
            }
            let access = try #require(try await server.login()["access_token"])
            #expect(try await server.http.authorised("POST", "/api/v1/logout", bearer: access).status == 204)
            let list = try await server.list()
            kept.value.epoch = list.epoch
            kept.value.sequence = list.sequence
        }
        // The server was stopped in order, so the file is all there is.
        #expect(!FileManager.default.fileExists(atPath: folder.file("latchkey.sqlite-wal")))
        try copy(folder, "yesterday", "latchkey.sqlite")
        try await withServer(clock: clock, folder: folder, expectFaults: true) { server in
            let answer = try await server.refresh(kept.value.token)
            #expect(answer.status == 200, "\(answer.text)")
            let next = try #require(answer["refresh_token"])
            #expect(RefreshToken(next)?.generation == 6)
            #expect(try await server.refresh(next).status == 200)
            #expect(server.logs.entries.contains { $0.level == .critical })
            let events = try await server.overSocket.get("/api/v1/admin/audit?kind=store.rolled_back").json
            #expect(events.object?["items"]?.array?.count == 1)
            // A poller that is ahead of the database cannot miss that it went back.
            let list = try RevocationDocument(
                parsing: try await server.http.get(
                    "/revocations?after=\(kept.value.sequence)&epoch=\(kept.value.epoch)"
                ).body)
            #expect(list.epoch != kept.value.epoch)
            #expect(list.after == 0)
        }
    }

    @Test(.onSQLite) func `a restored backup revives neither a session nor a key`() async throws {
        let folder = try TemporaryFolder()
        let kept = Captured<(refresh: String, access: String, kids: Set<String>, sequence: Int64)>(("", "", [], 0))
        let backup = folder.file("backup.sqlite")
        try await withServer(folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
            let login = try await server.login()
            kept.value = (
                try #require(login["refresh_token"]), try #require(login["access_token"]),
                Set(try await server.publishedKeys().map(\.kid)), 0
            )
            let run = try await BinaryRun(["db", "backup", backup, "--data-dir", folder.path], in: folder)
            #expect(run.status == 0, "\(run.output)")
            let again = try await BinaryRun(["db", "backup", backup, "--data-dir", folder.path], in: folder)
            #expect(again.status == 1, "a backup is never overwritten")
            // What happens after the backup will be forgotten, but must not come back to life.
            #expect(
                try await server.http.authorised("POST", "/api/v1/logout", bearer: kept.value.access).status == 204)
            kept.value.sequence = try await server.list().sequence
            let running = try await BinaryRun(
                ["db", "restore", backup, "--yes", "--data-dir", folder.path], in: folder)
            #expect(running.status == 1)
            #expect(running.output.contains("in use"), "\(running.output)")
        }
        let run = try await BinaryRun(["db", "restore", backup, "--yes", "--data-dir", folder.path], in: folder)
        #expect(run.status == 0, "\(run.output)")
        #expect(run.output.contains("1 user and 1 client."), "\(run.output)")
        try await withServer(folder: folder) { server in
            let (refresh, access, kids, sequence) = kept.value
            #expect(try await server.refresh(refresh)["latchkey_reason"] == "revoked")
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: access).status == 401)
            let reader = PollingReader(server.http)
            try await reader.fetchKeys()
            let list = try await reader.poll()
            #expect(list.seq > Int(sequence), "seq never goes back in a data directory")
            #expect(Set(list.entries.filter { $0.kind == "key" }.compactMap(\.id)) == kids)
            #expect(list.entries.contains { $0.kind == "all" })
            #expect(await reader.kids.isDisjoint(with: kids))
            let login = try #require(try await server.login()["access_token"])
            #expect(try await reader.judge(login) == .accepted)
        }
        let check = try await BinaryRun(["db", "check", "--data-dir", folder.path], in: folder)
        #expect(check.status == 0, "\(check.output)")
    }

    @Test(.onSQLite) func `sessions that are kept live on after a restore`() async throws {
        let folder = try TemporaryFolder()
        let token = Captured("")
        let backup = folder.file("backup.sqlite")
        try await withServer(folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
            token.value = try #require(try await server.login()["refresh_token"])
        }
        #expect(try await BinaryRun(["db", "backup", backup, "--data-dir", folder.path], in: folder).status == 0)
        let run = try await BinaryRun(
            ["db", "restore", backup, "--yes", "--keep-sessions", "--data-dir", folder.path], in: folder)
        #expect(run.status == 0, "\(run.output)")
        try await withServer(folder: folder) { server in
            let answer = try await server.refresh(token.value)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(
                try await server.http.authorised(
                    "GET", "/api/v1/me", bearer: try #require(answer["access_token"])
                ).status == 200)
        }
    }

    @Test func `a clock set back stops issuance, says when to come back, and lets revocations through`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let user = try await server.addUser()
            try await server.addClient()
            let secret = try await server.addConfidentialClient()
            let login = try await server.login()
            let access = try #require(login["access_token"])
            let refresh = try #require(login["refresh_token"])
            let claims = try PollingReader.claims(access)
            let real = clock.now
            clock.set(real + .seconds(-600))

            let refused = [
                try await server.login(), try await server.refresh(refresh),
                try await server.clientCredentials(secret: secret),
            ]
            for answer in refused {
                #expect(answer.status == 503, "\(answer.text)")
                #expect(answer[field: "Retry-After"] == "600")
                #expect(answer["access_token"] == nil && answer["refresh_token"] == nil)
            }
            #expect(refused[0]["code"] == "clock_set_back")
            let ready = try await server.http.get("/readyz")
            #expect(ready.status == 503)
            #expect(ready.text.contains("reset-clock"))

            // Revoking reads the clock that never runs backwards: it covers the token of the later time.
            #expect(try await server.revoke("user", user.id.description).status == 201)
            let entry = try #require(try await server.list().entries.first)
            #expect(entry.issuedBefore.map { Int($0.seconds) >= claims.iat } == true)
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: access).status == 401)
            #expect(
                try await server.http.post("/oauth2/revoke", form: [("token", refresh), ("client_id", "spa")]).status
                    == 200)

            // Nothing was consumed by the refusals, and it is over by itself.
            clock.set(real + .seconds(1))
            #expect(try await server.http.get("/readyz").status == 200)
            #expect(try await server.login().status == 200)
        }
    }

    @Test func `a clock a little behind only waits`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            let refresh = try #require(try await server.login()["refresh_token"])
            let start = clock.now
            clock.set(start + .seconds(-2))
            #expect(try await server.refresh(refresh).status == 200)
            #expect(clock.now == start)
        }
    }

    @Test func `reset-clock lets go of a time that never was, and of the tokens from it`() async throws {
        let folder = try TemporaryFolder()
        let kept = Captured<(access: String, kids: Set<String>)>(("", []))
        // A day ahead, as a machine with a broken clock is.
        let ahead = TestClock(Timestamp.wallClock + .seconds(86400))
        try await withServer(clock: ahead, folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
            kept.value.access = try #require(try await server.login()["access_token"])
            kept.value.kids = Set(try await server.publishedKeys().map(\.kid))
        }
        try await withServer(folder: folder) { server in
            let answer = try await server.login()
            #expect(answer.status == 503)
            #expect(answer["code"] == "clock_set_back")
            let running = try await BinaryRun(["db", "reset-clock", "--yes", "--data-dir", folder.path], in: folder)
            #expect(running.status == 1, "not while a server runs")
        }
        let run = try await BinaryRun(["db", "reset-clock", "--yes", "--data-dir", folder.path], in: folder)
        #expect(run.status == 0, "\(run.output)")
        #expect(run.output.contains("ahead"), "\(run.output)")
        try await withServer(folder: folder) { server in
            let login = try await server.login()
            #expect(login.status == 200, "\(login.text)")
            #expect(try await server.http.get("/readyz").status == 200)
            #expect(Set(try await server.publishedKeys().map(\.kid)).isDisjoint(with: kept.value.kids))
            // When its time comes, the token of the wrong clock is still nobody's.
            let reader = PollingReader(server.http, clock: TestClock(ahead.now + .seconds(1)))
            try await reader.fetchKeys()
            #expect(try await reader.judge(kept.value.access) == .unknownKey)
            #expect(try await reader.poll().entries.contains { $0.kind == "key" })
        }
    }
}
