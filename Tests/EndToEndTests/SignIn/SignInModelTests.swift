import Foundation
import LatchkeyCore
import LatchkeyTokens
import Synchronization
import TestConditions
import TestSupport
import Testing

/// No order of requests reaches a code or a session without every step that user, client and request need.
///
/// Random histories of two browsers, people and clients run on a real store with real password hashes, and a model that
/// was written from the standards and not from the program judges each answer. `LATCHKEY_TEST_HISTORIES` asks for another
/// number of histories, `LATCHKEY_TEST_SEED` for those of an earlier run.
struct SignInModelTests {
    private static let count =
        ProcessInfo.processInfo.environment["LATCHKEY_TEST_HISTORIES"].flatMap { Int($0) } ?? 10_000
    /// Each has a server with a database and a clock of its own.
    private static let workers = 4

    /// Hands out the numbers of the histories.
    private final class Turns: Sendable {
        private let given = Mutex(0)

        func next() -> Int? {
            let number = given.withLock { given in
                defer { given += 1 }
                return given
            }
            return number < SignInModelTests.count ? number : nil
        }
    }

    /// Rules are the same on either store, and only an embedded one is quick enough for so many.
    @Test(.enabled(if: !TestStore.isPostgres), .timeLimit(.minutes(20 + SignInModelTests.count / 1000)))
    func `no history of a sign-in skips a step, reuses one or ends nowhere`() async throws {
        let seed = TestSeed.ofThisRun
        let turns = Turns()
        let counts = try await withThrowingTaskGroup(of: [String: Int].self) { group in
            for _ in 0..<Self.workers { group.addTask { try await Self.work(seed, turns) } }
            return try await group.reduce(into: [String: Int]()) { $0.merge($1, uniquingKeysWith: +) }
        }
        let list = counts.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }.joined(separator: ", ")
        print("sign-in histories: LATCHKEY_TEST_SEED=\(seed), \(Self.count) histories: \(list)")
        #expect(counts["code by proof", default: 0] > Self.count / 4)
        #expect(counts["code by session", default: 0] > Self.count / 20)
    }

    private static func work(_ seed: UInt64, _ turns: Turns) async throws -> [String: Int] {
        let clock = TestClock()
        let counts = Mutex<[String: Int]>([:])
        try await withServer(["tokens.algorithm": "EdDSA"], clock: clock) { server in
            let apps = try await Self.apps(server)
            while let number = turns.next() {
                let history = SignInHistory(
                    server.services, clock: clock, apps: apps, seed: seed &+ UInt64(number), number: number)
                do {
                    try await history.run()
                } catch {
                    Issue.record(
                        "LATCHKEY_TEST_SEED=\(seed &+ UInt64(number)): \(error)\n\(history.steps.joined(separator: "\n"))"
                    )
                    return
                }
                counts.withLock { $0.merge(history.counts, uniquingKeysWith: +) }
            }
        }
        return counts.withLock(\.self)
    }

    private static func apps(_ server: TestServer) async throws -> [SignInModel.App] {
        func app(
            _ id: String, _ kind: Client.Kind, _ redirectURI: String, asks: Bool, click: Bool
        ) async throws -> SignInModel.App {
            var draft = ClientDraft(id: try #require(ClientID(id)), kind: kind)
            draft.settings.redirectURIs = [redirectURI]
            draft.settings.consent = asks ? .ask : .never
            draft.settings.scope = Scope("openid profile offline_access")
            draft.settings.idTokenAlgorithm = .edDSA
            if kind == .confidential { draft.settings.pkce = .optional }
            draft.settings.grants = [.authorizationCode, .refreshToken]
            let client = try await server.services.clients.create(draft, actor: .operator).client
            return SignInModel.App(client: client, redirectURI: redirectURI, asksConsent: asks, needsClick: click)
        }
        return [
            try await app("spa", .public, "https://app.example/cb", asks: true, click: false),
            try await app("web", .confidential, "https://web.example/cb", asks: false, click: false),
            try await app("native", .public, "com.example.app:/cb", asks: true, click: true),
        ]
    }
}
