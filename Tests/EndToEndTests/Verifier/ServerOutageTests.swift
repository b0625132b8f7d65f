import Foundation
import LatchkeyTokens
import LatchkeyVerifier
import Synchronization
import TestSupport
import Testing

/// The real process killed under a verifier: fresh, stale, blind, and back (Documentation.docc/Freshness.md).
struct ServerOutageTests {
    /// The machine's clock, moved by a test: the server's stands where it is.
    private final class MovedClock: Sendable {
        private let offset = Mutex<Duration>(.zero)
        var now: Timestamp { Timestamp.wallClock + offset.withLock { $0 } }
        func move(to offset: Duration) { self.offset.withLock { $0 = offset } }
    }

    private func login(_ http: TestHTTP) async throws -> String {
        let answer = try await http.post(
            "/api/v1/login",
            json: ["username": "ada", "password": .string(TestServer.password), "client_id": "spa"])
        return try #require(answer["access_token"], "\(answer.text)")
    }

    private func prepared() async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try await withServer(folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
        }
        return folder
    }

    @Test func `fresh, stale and blind are as documented, and the server's return mends them`() async throws {
        let folder = try await prepared()
        let port = try ServerProcess.freePort()
        let server = try await ServerProcess(folder: folder, port: port)
        let (token, other) = (try await login(server.http), try await login(server.http))
        let clock = MovedClock()
        try await withVerifier(server.http, now: { clock.now }) { verifier in
            #expect(await verifier.waitUntilReady(for: .seconds(600)))
            let list = try await server.http.get("/revocations")
            #expect(try await server.http.authorised("POST", "/api/v1/logout", bearer: other).status == 204)
            try await verifier.waits(for: "the revocation") { $0.sequence ?? 0 > list.integer("seq") ?? 0 }
            let (epoch, known) = (verifier.status.epoch, verifier.status.entries)
            server.killHard()

            #expect(verifier.status.freshness == .fresh)
            _ = try await verifier.verify(token)
            clock.move(to: .seconds(90))
            #expect(verifier.status.freshness == .stale)
            await refuses(.listStale, verifier, token, .failClosed)
            await refuses(.introspectionFailed, verifier, token, .introspectWhenNotFresh)
            _ = try await verifier.verify(token, policy: .allowWhenStale)
            for policy in [FreshnessPolicy.failClosed, .allowWhenStale, .allowEvenWhenBlind, .introspectWhenNotFresh] {
                await refuses(.revoked, verifier, other, policy)
            }
            clock.move(to: .seconds(3600))
            await refuses(.expired, verifier, token, .allowEvenWhenBlind)
            clock.move(to: .seconds(90))

            // A service that starts now has neither keys nor list.
            try await withVerifier(server.http) { newcomer in
                await refuses(.noKeys, newcomer, token, .allowEvenWhenBlind)
                #expect(newcomer.status.freshness == .blind)
            }

            let again = try await ServerProcess(folder: folder, port: port)
            clock.move(to: .zero)
            // A node that is back before its lease has ended goes on in its epoch.
            let third = try await login(again.http)
            #expect(try await again.http.authorised("POST", "/api/v1/logout", bearer: third).status == 204)
            try await verifier.waits(for: "what the server that is back says") {
                $0.entries > known && (TestStore.isPostgres || $0.epoch != epoch) && $0.freshness == .fresh
            }
            _ = try await verifier.verify(token)
            await refuses(.revoked, verifier, third, .failClosed)
            await refuses(.revoked, verifier, other, .failClosed)
            #expect(try await again.terminate() == 0)
        }
    }

    @Test(.onSQLite) func `a copy from before the revocation, put back, brings no token back`() async throws {
        let folder = try await prepared()
        let port = try ServerProcess.freePort()
        let first = try await ServerProcess(folder: folder, port: port)
        let token = try await login(first.http)
        #expect(try await first.terminate() == 0)
        let copy = try TemporaryFolder()
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
        where name.hasPrefix("latchkey.sqlite") {
            try FileManager.default.copyItem(atPath: folder.file(name), toPath: copy.file(name))
        }

        let second = try await ServerProcess(folder: folder, port: port)
        try await withVerifier(second.http) { verifier in
            #expect(await verifier.waitUntilReady(for: .seconds(600)))
            #expect(try await second.http.authorised("POST", "/api/v1/logout", bearer: token).status == 204)
            try await verifier.waits(for: "the revocation") { $0.entries > 0 }
            let epoch = verifier.status.epoch
            #expect(try await second.terminate() == 0)
            let names = try FileManager.default.contentsOfDirectory(atPath: copy.path)
            #expect(names.contains("latchkey.sqlite"))
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
            where name.hasPrefix("latchkey.sqlite") { try FileManager.default.removeItem(atPath: folder.file(name)) }
            for name in names { try FileManager.default.copyItem(atPath: copy.file(name), toPath: folder.file(name)) }

            let third = try await ServerProcess(folder: folder, port: port)
            #expect(try await third.http.get("/revocations").json.object?["entries"]?.array?.isEmpty == true)
            try await verifier.waits(for: "the new epoch") { $0.epoch != epoch && $0.freshness == .fresh }
            await refuses(.revoked, verifier, token, .failClosed)
            #expect(try await third.terminate() == 0)
        }
    }

    private func refuses(
        _ expected: VerificationError, _ verifier: TokenVerifier, _ token: String, _ policy: FreshnessPolicy,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async {
        await #expect(throws: expected, sourceLocation: sourceLocation) {
            try await verifier.verify(token, policy: policy)
        }
    }
}
