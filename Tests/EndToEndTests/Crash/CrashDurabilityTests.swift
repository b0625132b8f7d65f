import Foundation
import LatchkeyCore
import LatchkeyTokens
import Synchronization
import TestConditions
import TestSupport
import Testing

/// kill -9 under load, twenty times on one database: a response means that the fact is on disk.
@Suite(.serialized) struct CrashDurabilityTests {
    /// What clients were told. Only what was acknowledged counts.
    private struct Ledger {
        /// The newest refresh token that each living session received.
        var live: [SessionID: String] = [:]
        /// Sessions whose logout was acknowledged.
        var ended: Set<SessionID> = []
        /// Sessions with a logout on its way: they may have ended or not.
        var uncertain: Set<SessionID> = []
        /// Largest `seq` that any poller saw.
        var sequence: Int64 = 0
        var logins = 0
        var refreshes = 0
        var logouts = 0
        var polls = 0
        /// What changes something.
        var acts: Int { logins + refreshes + logouts }
    }

    /// The ledger, shared by the workers of a round.
    private final class Book: Sendable {
        private let ledger = Mutex(Ledger())
        func withLock<Value: Sendable>(_ body: (inout sending Ledger) throws -> sending Value) rethrows -> Value {
            try ledger.withLock(body)
        }
    }

    static let rounds = 20

    @Test func `nothing acknowledged is lost and nothing revoked comes back in 20 rounds of hard kills`() async throws {
        let folder = try TemporaryFolder()
        try await withServer(folder: folder) { server in
            for number in 0..<4 { try await server.addUser("user\(number)") }
            try await server.addClient()
        }
        let ledger = Book()
        var random = TestSeed.generator("crash durability")
        let port = try ServerProcess.freePort()
        for round in 0..<Self.rounds {
            let server = try await ServerProcess(folder: folder, port: port)
            try await verify(ledger, on: server.http, round: round)
            let histories = random.next()
            let load = Task { await self.load(ledger, on: server.http, seed: histories) }
            // After so many acts were acknowledged, however long that takes here; more are under way.
            let goal = ledger.withLock(\.acts) + Int.random(in: 8...80, using: &random)
            try await eventually("\(goal) acts are acknowledged") { ledger.withLock(\.acts) >= goal }
            server.killHard()
            load.cancel()
            await load.value
        }
        let server = try await ServerProcess(folder: folder, port: port)
        try await verify(ledger, on: server.http, round: Self.rounds)
        #expect(try await server.terminate() == 0)
        let told = ledger.withLock { $0 }
        // The figures are part of the evidence: a run that did nothing proves nothing.
        print(
            "kill -9: \(Self.rounds) rounds, \(told.logins) logins, \(told.refreshes) refreshes, "
                + "\(told.logouts) logouts, \(told.polls) polls acknowledged; last seq \(told.sequence)")
        #expect(told.logins > 20 && told.refreshes > 20 && told.logouts > 5 && told.polls > 20)
    }

    private func load(_ ledger: Book, on http: TestHTTP, seed: UInt64) async {
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    var random = SeededGenerator(seed: seed &+ UInt64(worker))
                    await self.signInAndRefresh(ledger, on: http, user: "user\(worker)", &random)
                }
            }
            for _ in 0..<2 { group.addTask { await self.poll(ledger, on: http) } }
        }
    }

    private func signInAndRefresh(
        _ ledger: Book, on http: TestHTTP, user: String, _ random: inout SeededGenerator
    ) async {
        while !Task.isCancelled {
            let body: [String: JSONValue] = [
                "username": .string(user), "password": .string(TestServer.password), "client_id": .string("spa"),
            ]
            guard let login = try? await http.post("/api/v1/login", json: body), login.status == 200,
                let first = login["refresh_token"], let session = RefreshToken(first)?.session
            else { return }
            ledger.withLock {
                $0.live[session] = first
                $0.logins += 1
            }
            var token = first
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "spa")]
                guard let answer = try? await http.post("/oauth2/token", form: form) else { return }
                #expect(answer.status == 200, "\(answer.text)")
                guard let next = answer["refresh_token"] else { return }
                token = next
                ledger.withLock {
                    $0.live[session] = next
                    $0.refreshes += 1
                }
            }
            guard Bool.random(using: &random) else { continue }
            let last = token
            ledger.withLock {
                $0.uncertain.insert(session)
                $0.live[session] = nil
            }
            guard let answer = try? await http.post("/api/v1/logout", json: ["refresh_token": .string(last)]) else {
                return
            }
            #expect(answer.status == 204)
            ledger.withLock {
                $0.uncertain.remove(session)
                $0.ended.insert(session)
                $0.logouts += 1
                $0.live[session] = nil
            }
        }
    }

    private func poll(_ ledger: Book, on http: TestHTTP) async {
        while !Task.isCancelled {
            guard let answer = try? await http.get("/revocations"),
                let document = try? RevocationDocument(parsing: answer.body)
            else { return }
            ledger.withLock {
                $0.sequence = max($0.sequence, document.sequence)
                $0.polls += 1
            }
        }
    }

    /// After a restart: every acknowledged fact is there, and nothing that was revoked lives.
    private func verify(_ ledger: Book, on http: TestHTTP, round: Int) async throws {
        let told = ledger.withLock { $0 }
        let document = try RevocationDocument(parsing: try await http.get("/revocations").body)
        #expect(document.sequence >= told.sequence, "round \(round): a poller saw a seq that is gone")
        let listed = Set(document.entries.compactMap(\.id))
        for session in told.ended {
            #expect(listed.contains("\(session)"), "round \(round): an acknowledged logout is not in the list")
        }
        for (session, token) in told.live {
            let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "spa")]
            let answer = try await http.post("/oauth2/token", form: form)
            #expect(answer.status == 200, "round \(round): session \(session) was lost: \(answer.text)")
            if let next = answer["refresh_token"] { ledger.withLock { $0.live[session] = next } }
        }
        // Few sessions are carried on: what matters is that those that were live at the kill are.
        ledger.withLock { state in
            if state.live.count > 40 { state.live = state.live.filter { _ in false } }
        }
    }
}
