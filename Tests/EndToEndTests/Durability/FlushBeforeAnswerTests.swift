import Foundation
import LatchkeyTokens
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// What a kill cannot show: that the disk was told to keep a write before the client was told that it is kept.
@Suite(.onSQLite) struct FlushBeforeAnswerTests {
    @Test(.enabled(if: SystemCallTrace.isPermitted, "strace is missing, or ptrace is not permitted here"))
    func `each acknowledged write has its own flush before its answer, and reads have none`() async throws {
        let folder = try TemporaryFolder()
        try await withServer(folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
        }
        let trace = folder.file("trace.txt")
        let server = try await ServerProcess(
            folder: folder, port: try ServerProcess.freePort(), wrapper: SystemCallTrace.command(writingTo: trace))
        // strace passes no signal on, so the server itself is told.
        let text = try String(contentsOfFile: folder.file("latchkey.lock"), encoding: .utf8)
        let serverID = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        defer { kill(serverID, SIGKILL) }

        var expected: [(what: String, status: Int, flushed: Bool)] = []
        func note(_ what: String, _ answer: TestResponse, _ status: Int, flushed: Bool) {
            #expect(answer.status == status, "\(what): \(answer.text)")
            expected.append((what, answer.status, flushed))
        }
        let login: [String: JSONValue] = [
            "username": "ada", "password": .string(TestServer.password), "client_id": "spa",
        ]
        // A marker that nothing else asks for: all before it is the start.
        note("marker", try await server.http.get("/no-such-path"), 404, flushed: false)
        for _ in 0..<4 {
            let first = try await server.http.post("/api/v1/login", json: login)
            note("login", first, 200, flushed: true)
            let second = try await server.http.post(
                "/oauth2/token",
                form: [
                    ("grant_type", "refresh_token"), ("refresh_token", first["refresh_token"] ?? ""),
                    ("client_id", "spa"),
                ])
            note("refresh", second, 200, flushed: true)
            note("JWKS", try await server.http.get("/.well-known/jwks.json"), 200, flushed: false)
            note("list", try await server.http.get("/revocations"), 200, flushed: false)
            let access = second["access_token"] ?? ""
            note(
                "revoke",
                try await server.http.post("/oauth2/revoke", form: [("token", access), ("client_id", "spa")]),
                200, flushed: true)
            let logout = try await server.http.post(
                "/api/v1/logout", json: ["refresh_token": .string(second["refresh_token"] ?? "")])
            note("logout", logout, 204, flushed: true)
        }
        kill(serverID, SIGTERM)
        #expect(try await server.terminate() == 0)

        let events = SystemCallTrace(try String(contentsOfFile: trace, encoding: .utf8)).events
        let start = try #require(events.firstIndex(of: .answered(status: 404)))
        var flushes = 0
        var answers: [(status: Int, flushes: Int)] = []
        for event in events[start...] {
            switch event {
            case .logFlushed: flushes += 1
            case .answered(let status):
                answers.append((status, flushes))
                flushes = 0
            }
        }
        #expect(answers.map(\.status) == expected.map(\.status))
        var quiet = 0
        for (wanted, got) in zip(expected.dropFirst(), answers.dropFirst()) {
            if wanted.flushed {
                #expect(got.flushes >= 1, "\(wanted.what) was acknowledged without a flush")
            } else if got.flushes == 0 {
                quiet += 1
            }
        }
        // The control: were flushes there anyway, those above would prove nothing. One may belong to the housekeeping.
        #expect(quiet >= 7, "only \(quiet) of 8 reads were without a flush")
    }
}
