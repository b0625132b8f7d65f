import Foundation
import LatchkeyTokens
import TestConditions
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// The program's beginning and end: SIGTERM, a second server, a port that is taken.
struct StopAndStartTests {
    @Test func `SIGTERM answers long polls at once, finishes what is in flight and exits 0`() async throws {
        let folder = try TemporaryFolder()
        try await withServer(folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
        }
        // Hashing slow enough to be in flight when the signal comes: the stored hash is cheap, the new one is not.
        let server = try await ServerProcess(
            folder: folder, port: try ServerProcess.freePort(),
            configuration: [
                "LATCHKEY_PASSWORD_ARGON2_MEMORY_KIB": "65536", "LATCHKEY_PASSWORD_ARGON2_ITERATIONS": "4",
            ])
        let http = server.http
        let list = try await http.get("/revocations")
        let query = "after=\(list.integer("seq") ?? 0)&epoch=\(list["epoch"] ?? "")&wait=50"
        let polls = (0..<5).map { _ in Task { try await http.get("/revocations?\(query)") } }
        try await wait(for: "latchkey_revocation_waiters 5", http)
        let login = try await loginBeingHashed(http)
        // A poll that is not answered at once is cut off with what takes longer than 5 s, far before its time is up.
        #expect(try await server.terminate() == 0)
        for poll in polls {
            let answer = try await poll.value
            #expect(answer.status == 200)
            #expect(try RevocationDocument(parsing: answer.body).entries.isEmpty)
        }
        let answer = try await login.value
        #expect(answer.status == 200, "\(answer.text)")
        let token = try #require(answer["refresh_token"])
        await #expect(throws: (any Error).self, "nobody listens any more") {
            try await http.get("/healthz")
        }

        try await withServer(folder: folder) { server in
            let again = try await server.refresh(token)
            #expect(again.status == 200, "what was answered while stopping is kept: \(again.text)")
        }
    }

    @Test func `a second server on the directory names the first and touches nothing`() async throws {
        let folder = try TemporaryFolder()
        let first = try await ServerProcess(folder: folder, port: try ServerProcess.freePort())
        let epoch = try await first.http.get("/revocations")["epoch"]
        let run = try await BinaryRun(
            ["serve", "--data-dir", folder.path, "--listen", "127.0.0.1:0", "--issuer", "http://localhost:1"],
            in: folder)
        #expect(run.status == 1)
        #expect(run.output.contains(folder.path))
        #expect(run.output.contains("process \(first.processID) (latchkey)"), "\(run.output)")
        #expect(run.output.contains("--data-dir"), "it says what to do")
        #expect(try await first.http.get("/revocations")["epoch"] == epoch)
        #expect(try await first.http.get("/readyz").status == 200)
        let socket = OperatorSocket(folder)
        #expect(try await socket.get("/api/v1/admin/stats").status == 200, "the socket is still the first server's")
        #expect(try await first.terminate() == 0)
    }

    @Test func `a killed server leaves nothing that keeps the next one from starting`() async throws {
        let folder = try TemporaryFolder()
        let port = try ServerProcess.freePort()
        let first = try await ServerProcess(folder: folder, port: port)
        first.killHard()
        #expect(FileManager.default.fileExists(atPath: folder.file("latchkey.sock")), "the socket file is a left-over")
        let second = try await ServerProcess(folder: folder, port: port)
        let socket = OperatorSocket(folder)
        #expect(try await socket.get("/api/v1/admin/stats").status == 200)
        #expect(try await second.terminate() == 0)
    }

    @Test func `a port in use is named`() async throws {
        let folder = try TemporaryFolder()
        let other = try TemporaryFolder()
        let port = try ServerProcess.freePort()
        let first = try await ServerProcess(folder: folder, port: port)
        let run = try await BinaryRun(["serve", "--data-dir", other.path, "--listen", "127.0.0.1:\(port)"], in: other)
        #expect(run.status == 1)
        #expect(run.output.contains("127.0.0.1:\(port)"), "\(run.output)")
        #expect(run.output.contains("another program uses it"), "\(run.output)")
        #expect(!run.output.contains("Error("), "a sentence, not a dump: \(run.output)")
        #expect(try await first.http.get("/healthz").status == 200)
        #expect(try await first.terminate() == 0)
    }

    /// A login whose password was seen being hashed a moment ago. Beside many other tests this process may look too late;
    /// then it signs in once more.
    private func loginBeingHashed(_ http: TestHTTP) async throws -> Task<TestResponse, any Error> {
        for _ in 0..<30 {
            let completed = try await metric("latchkey_hash_completed_total", http)
            let login = logIn(http)
            while try await metric("latchkey_hash_completed_total", http) == completed {
                if try await metric("latchkey_hash_running", http) > 0 { return login }
                try await Task.sleep(for: .milliseconds(2))
            }
            _ = try await login.value
        }
        Issue.record("never seen while it was hashed")
        return logIn(http)
    }

    private func logIn(_ http: TestHTTP) -> Task<TestResponse, any Error> {
        Task {
            try await http.post(
                "/api/v1/login",
                json: ["username": "ada", "password": .string(TestServer.password), "client_id": "spa"])
        }
    }

    private func metric(_ name: String, _ http: TestHTTP) async throws -> Double {
        let lines = try await http.get("/metrics").text.split(separator: "\n")
        let line = lines.first { $0.hasPrefix(name + " ") }
        return try #require(line.flatMap { Double($0.dropFirst(name.count + 1)) })
    }

    private func wait(for line: String, _ http: TestHTTP) async throws {
        try await eventually(line) { try await http.get("/metrics").text.contains(line + "\n") }
    }
}
