import LatchkeyBytes
import LatchkeyTokens
import LatchkeyVerifier
import Synchronization
import TestConditions
import TestSupport
import Testing

/// The key cache against servers that do what servers should not.
struct KeySourceTests {
    private static let keys = "/.well-known/jwks.json"
    private let clock = TestClock()

    /// Serves a list that is always fresh, and keys by a script.
    private func server(
        _ keys: @escaping @Sendable (Int) throws -> HostileServer.Reply
    ) async throws -> HostileServer {
        try await HostileServer { [clock] call, number in
            guard call.path == Self.keys else {
                return .ok(document(now: clock.now).encode())
            }
            return (try? keys(number)) ?? .status("500 Broken")
        }
    }

    /// A name in the right form that belongs to no key.
    private static func inventedKeyID() throws -> KeyID {
        try #require(KeyID(Base64URL.string(RandomBytes.make(32))))
    }

    @Test func `ten thousand invented names bring about one fetch per cool-down`() async throws {
        let issuer = try TestIssuer()
        let set = try issuer.keySet()
        let server = try await server { _ in .ok(set) }
        try await withVerifier(server, clock: clock) { verifier in
            #expect(await verifier.waitUntilReady(for: .seconds(600)))
            #expect(server.calls(Self.keys).count == 1)
            let flood = try (0..<10_000).map { _ in
                try issuer.token(at: clock.now, keyID: try Self.inventedKeyID())
            }
            for round in 1...2 {
                clock.advance(by: .seconds(30))
                await withTaskGroup { group in
                    for token in flood {
                        group.addTask {
                            await #expect(throws: VerificationError.unknownKey) {
                                try await verifier.verify(token, policy: .allowWhenStale)
                            }
                        }
                    }
                }
                #expect(server.calls(Self.keys).count == 1 + round)
            }
        }
    }

    @Test func `a key that was published a moment ago is found at the first token that it signs`() async throws {
        let (old, new) = (try TestIssuer(), try TestIssuer())
        let (first, second) = (try old.keySet(), try old.keySet(new.webKey))
        let server = try await server { .ok($0 == 0 ? first : second) }
        try await withVerifier(server, clock: clock) { verifier in
            #expect(await verifier.waitUntilReady(for: .seconds(600)))
            let token = try new.token(at: clock.now)
            await #expect(throws: VerificationError.unknownKey, "within the cool-down of the start") {
                try await verifier.verify(token)
            }
            clock.advance(by: .seconds(30))
            #expect(throws: VerificationError.unknownKey) { try verifier.verifyNow(token) }
            // All of them share one fetch.
            try await withThrowingTaskGroup { group in
                for _ in 0..<50 { group.addTask { try await verifier.verify(token) } }
                for try await verified in group { #expect(verified.keyID == new.webKey.keyID) }
            }
            #expect(server.calls(Self.keys).count == 2)
            #expect(throws: Never.self) { try verifier.verifyNow(token) }
        }
    }

    @Test func `a key that is withdrawn is gone with the next set`() async throws {
        let (withdrawn, other) = (try TestIssuer(), try TestIssuer())
        let (both, one) = (try withdrawn.keySet(other.webKey), try other.keySet())
        let server = try await server { .ok($0 == 0 ? both : one) }
        try await withVerifier(server, clock: clock) { verifier in
            #expect(await verifier.waitUntilReady(for: .seconds(600)))
            let token = try withdrawn.token(at: clock.now)
            #expect(throws: Never.self) { try verifier.verifyNow(token) }
            // The regular fetch, after the five minutes of a set without Cache-Control.
            clock.advance(by: .seconds(301))
            try await eventually("the smaller set") { verifier.status.keys == 1 }
            let later = try withdrawn.token(at: clock.now)
            await #expect(throws: VerificationError.unknownKey) { try await verifier.verify(later) }
            try await eventually("a fresh list") { verifier.status.freshness == .fresh }
            let honest = try other.token(at: clock.now)
            #expect(throws: Never.self) { try verifier.verifyNow(honest) }
        }
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let reply: @Sendable ([UInt8]) -> HostileServer.Reply
    }

    static let bad: [Bad] = [
        Bad(testDescription: "HTML with 200") { _ in .ok(Array("<html>Log in</html>".utf8), "text/html") },
        Bad(testDescription: "truncated") { .ok(Array($0.dropLast(9))) },
        Bad(testDescription: "cut off by the connection") {
            var reply = HostileServer.Reply.ok($0)
            reply.body.removeLast(9)
            return reply
        },
        Bad(testDescription: "a private key") { _ in
            .ok(Array(#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#.utf8))
        },
        Bad(testDescription: "no keys member") { _ in .ok(Array(#"{"ok":true}"#.utf8)) },
        Bad(testDescription: "304") { _ in .status("304 Not Modified") },
        Bad(testDescription: "500") { .status("500 Broken", $0) },
        Bad(testDescription: "a redirect to elsewhere") { _ in
            .status("302 Found", [], "Location: http://127.0.0.1:1/keys\r\n")
        },
        Bad(testDescription: "larger than the cap, and says so") { _ in
            .ok([UInt8](repeating: 0x20, count: 300_000))
        },
        Bad(testDescription: "endless") { _ in
            HostileServer.Reply(
                head: "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", body: [UInt8](repeating: 0x20, count: 300_000))
        },
    ]

    @Test(arguments: bad) func `a bad answer changes nothing, and the next good one counts`(bad: Bad) async throws {
        let issuer = try TestIssuer()
        let set = try issuer.keySet()
        let more = try issuer.keySet(try TestIssuer().webKey)
        let server = try await server { number in
            switch number {
            case 0: .ok(set)
            case 1...3: bad.reply(set)
            default: .ok(more)
            }
        }
        try await withVerifier(server, clock: clock) { verifier in
            #expect(await verifier.waitUntilReady(for: .seconds(600)))
            for attempt in 1...3 {
                clock.advance(by: .seconds(attempt == 1 ? 301 : 61))
                try await eventually("attempt \(attempt)") { server.calls(Self.keys).count == attempt + 1 }
                #expect(verifier.status.keys == 1)
                let token = try issuer.token(at: clock.now)
                #expect(throws: Never.self) { try verifier.verifyNow(token, policy: .allowWhenStale) }
            }
            clock.advance(by: .seconds(61))
            try await eventually("the good set") { verifier.status.keys == 2 }
        }
    }

    @Test func `without any key no token can be judged, which is not the token's fault`() async throws {
        let issuer = try TestIssuer()
        let server = try await server { _ in .status("503 Down") }
        try await withVerifier(server, clock: clock) { verifier in
            let token = try issuer.token(at: clock.now)
            let error = await #expect(throws: VerificationError.self) { try await verifier.verify(token) }
            #expect(error == .noKeys)
            #expect(error?.isTemporary == true)
            #expect(!verifier.status.isReady)
        }
    }

    @Test func `the caller who asked first may go away without hurting the others`() async throws {
        let (old, new) = (try TestIssuer(), try TestIssuer())
        let (first, second) = (try old.keySet(), try old.keySet(new.webKey))
        let server = try await server { number in
            guard number > 0 else { return .ok(first) }
            var reply = HostileServer.Reply.ok(second)
            reply.dripMilliseconds = 1
            return reply
        }
        try await withVerifier(server, clock: clock) { verifier in
            #expect(await verifier.waitUntilReady(for: .seconds(600)))
            clock.advance(by: .seconds(30))
            let token = try new.token(at: clock.now)
            let impatient = Task { try await verifier.verify(token) }
            try await eventually("the fetch") { server.calls(Self.keys).count == 2 }
            let patient = Task { try await verifier.verify(token) }
            impatient.cancel()
            #expect(try await patient.value.keyID == new.webKey.keyID)
        }
    }

    @Test func `a clock that is set back while keys are on their way stops nothing`() async throws {
        let (issuer, stranger) = (try TestIssuer(), try TestIssuer())
        let set = try issuer.keySet()
        let server = try await server { number in
            var reply = HostileServer.Reply.ok(set)
            if number == 1 { reply.dripMilliseconds = 1 }
            return reply
        }
        try await withVerifier(server, clock: clock) { verifier in
            #expect(await verifier.waitUntilReady(for: .seconds(600)))
            clock.advance(by: .seconds(30))
            let token = try stranger.token(at: clock.now)
            let asking = Task { try? await verifier.verify(token) }
            try await eventually("the fetch") { server.calls(Self.keys).count == 2 }
            clock.advance(by: .seconds(-86400))
            _ = await asking.value
            try await eventually("another regular fetch") { server.calls(Self.keys).count > 2 }
            let honest = try issuer.token(at: clock.now)
            #expect(throws: Never.self) { try verifier.verifyNow(honest, policy: .allowWhenStale) }
        }
    }
}
