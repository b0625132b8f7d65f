import LatchkeyTokens
import LatchkeyVerifier
import Synchronization
import TestConditions
import TestSupport
import Testing

/// The poller against answers that must not count: after each of them the list is what it was, and the service says so
/// instead of trusting it.
struct HostileListTests {
    private static let list = "/revocations"

    /// Serves the keys, and lists by a script.
    static func server(
        _ issuer: TestIssuer, _ list: @escaping @Sendable (HostileServer.Call, Int) -> HostileServer.Reply
    ) async throws -> HostileServer {
        let keys = try issuer.keySet()
        return try await HostileServer { call, number in
            call.path == Self.list
                ? list(call, number) : .ok(keys, "application/json", "Cache-Control: max-age=3600\r\n")
        }
    }

    struct Bad: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// From a good document of now.
        let reply: @Sendable (RevocationDocument) -> HostileServer.Reply
    }

    static let bad: [Bad] = [
        Bad(testDescription: "HTML with 200") { _ in .ok(Array("<html>Welcome</html>".utf8), "text/html") },
        Bad(testDescription: "a list that calls itself HTML") { .ok($0.encode(), "text/html; charset=utf-8") },
        Bad(testDescription: "no media type") { .status("200 OK", $0.encode()) },
        Bad(testDescription: "truncated") { .ok(Array($0.encode().dropLast(2))) },
        Bad(testDescription: "cut off by the connection") {
            var reply = HostileServer.Reply.ok($0.encode())
            reply.body.removeLast(2)
            return reply
        },
        Bad(testDescription: "garbled") { document in
            var bytes = document.encode()
            for index in stride(from: 3, to: bytes.count, by: 7) { bytes[index] ^= 0x55 }
            return .ok(bytes)
        },
        Bad(testDescription: "another issuer") {
            .ok(document(now: $0.now, sequence: $0.sequence, issuer: "https://other.example.com").encode())
        },
        Bad(testDescription: "an earlier document of an earlier epoch") {
            .ok(document(now: $0.now - .seconds(3600), epoch: "e0", sequence: 1).encode())
        },
        Bad(testDescription: "seq lower within the epoch") { .ok(document(now: $0.now, sequence: 1).encode()) },
        Bad(testDescription: "from the future") {
            .ok(document(now: $0.now + .seconds(600), sequence: $0.sequence).encode())
        },
        Bad(testDescription: "an entry of an unknown kind") {
            let text = String(decoding: $0.encode(), as: UTF8.self)
            return .ok(Array(text.replacing("\"session\"", with: "\"tenant\"").utf8))
        },
        Bad(testDescription: "304 to everything") { _ in .status("304 Not Modified") },
        Bad(testDescription: "401") { _ in .status("401 Unauthorized") },
        Bad(testDescription: "500 with a good body") { .status("500 Broken", $0.encode()) },
        Bad(testDescription: "a redirect to elsewhere") { _ in
            .status("307 Temporary Redirect", [], "Location: http://127.0.0.1:1/revocations\r\n")
        },
        Bad(testDescription: "signed by somebody else") { document in
            guard let thief = try? TestIssuer(), let text = try? thief.signed(document) else { return .hang }
            return .ok(text, "application/jwt")
        },
        Bad(testDescription: "larger than allowed") { _ in .ok([UInt8](repeating: 0x20, count: 70_000)) },
    ]

    @Test(arguments: bad)
    func `what does not count changes nothing, turns the list stale, and is recovered from`(bad: Bad) async throws {
        let (clock, issuer) = (TestClock(), try TestIssuer())
        let start = clock.now
        let revoked = SessionID.generate(at: start)
        let entries = [entry(5, session: revoked, expiresAt: start + .seconds(900))]
        let isBad = Mutex(false)
        let server = try await Self.server(issuer) { _, _ in
            let good = document(now: clock.now, sequence: 5, entries)
            return isBad.withLock { $0 } ? bad.reply(good) : .ok(good.encode())
        }
        try await withVerifier(server, clock: clock, { $0.limits.listLength = 65536 }) { verifier in
            #expect(await verifier.waitUntilReady(for: .seconds(600)))
            isBad.withLock { $0 = true }
            let seen = server.calls.count
            try await eventually("bad answers") { server.calls.count >= seen + 3 }
            #expect(verifier.status.freshness == .fresh, "the last good one is still young")
            clock.advance(by: .seconds(60))
            let (good, bad) = (try issuer.token(at: clock.now), try issuer.token(at: clock.now, session: revoked))
            let after = server.calls.count
            try await eventually("bad answers later on") { server.calls.count >= after + 3 }
            #expect(verifier.status.freshness == .stale)
            #expect(throws: VerificationError.listStale) { try verifier.verifyNow(good) }
            #expect(throws: Never.self) { try verifier.verifyNow(good, policy: .allowWhenStale) }
            #expect(throws: VerificationError.revoked) { try verifier.verifyNow(bad, policy: .allowEvenWhenBlind) }
            isBad.withLock { $0 = false }
            try await eventually("recovery") { verifier.status.freshness == .fresh }
            #expect(throws: Never.self) { try verifier.verifyNow(good) }
            #expect(throws: VerificationError.revoked) { try verifier.verifyNow(bad) }
        }
    }

    @Test(arguments: bad) func `a service that starts with such answers is blind`(bad: Bad) async throws {
        // Without anything to compare with, these two are documents like others.
        guard !["an earlier document of an earlier epoch", "seq lower within the epoch"].contains(bad.testDescription)
        else { return }
        let (clock, issuer) = (TestClock(), try TestIssuer())
        let entries = [entry(5, session: .generate(at: clock.now), expiresAt: clock.now + .seconds(900))]
        let server = try await Self.server(issuer) { _, _ in
            bad.reply(document(now: clock.now, sequence: 5, entries))
        }
        try await withVerifier(server, clock: clock, { $0.limits.listLength = 65536 }) { verifier in
            try await eventually("answers and keys") { server.calls(Self.list).count > 2 && verifier.status.keys > 0 }
            let token = try issuer.token(at: clock.now)
            #expect(verifier.status.freshness == .blind)
            for policy in [FreshnessPolicy.failClosed, .allowWhenStale] {
                #expect(throws: VerificationError.listBlind) { try verifier.verifyNow(token, policy: policy) }
            }
            #expect(throws: Never.self) { try verifier.verifyNow(token, policy: .allowEvenWhenBlind) }
        }
    }

    @Test func `a proxy that keeps its answer adds no freshness`() async throws {
        let (clock, issuer) = (TestClock(), try TestIssuer())
        let kept = document(now: clock.now, sequence: 5).encode()
        let server = try await Self.server(issuer) { _, _ in .ok(kept) }
        try await withVerifier(server, clock: clock) { verifier in
            #expect(await verifier.waitUntilReady(for: .seconds(600)))
            clock.advance(by: .seconds(61))
            let seen = server.calls.count
            try await eventually("the same answer again") { server.calls.count >= seen + 3 }
            #expect(verifier.status.freshness == .stale)
            #expect(server.calls(Self.list).allSatisfy { $0.head.contains("cache-control: no-cache") })
        }
    }

    @Test func `an answer that drips is cut off, whole or delta`() async throws {
        let (clock, issuer) = (TestClock(), try TestIssuer())
        let isReady = Atomic(false)
        let server = try await Self.server(issuer) { _, _ in
            var reply = HostileServer.Reply.ok(document(now: clock.now, sequence: 5).encode())
            // The answers are good until one has arrived; the later ones would take an hour.
            if isReady.load(ordering: .relaxed) { reply.dripMilliseconds = 20_000 }
            return reply
        }
        try await withVerifier(
            server, clock: clock,
            {
                $0.polling = .interval(.seconds(1))
                // The keys are fetched within it too, however busy the machine is.
                $0.limits.requestTimeout = .seconds(4)
            },
            { verifier in
                #expect(await verifier.waitUntilReady(for: .seconds(600)))
                isReady.store(true, ordering: .relaxed)
                let calls = server.calls(Self.list).count
                // Each next attempt means that the one before was given up.
                try await eventually("further attempts") { server.calls(Self.list).count > calls + 2 }
                clock.advance(by: .seconds(60))
                #expect(verifier.status.freshness == .stale)
            })
    }

    @Test func `a server that accepts and says nothing is left`() async throws {
        let (clock, issuer) = (TestClock(), try TestIssuer())
        let server = try await Self.server(issuer) { _, _ in .hang }
        try await withVerifier(server, clock: clock, { $0.limits.snapshotTimeout = .milliseconds(50) }) { verifier in
            try await eventually("further attempts") { server.calls(Self.list).count > 2 }
            #expect(verifier.status.freshness == .blind)
        }
    }

    @Test func `consumer, position and wait are sent to the server`() async throws {
        let (clock, issuer) = (TestClock(), try TestIssuer())
        let server = try await Self.server(issuer) { _, number in
            number < 1 ? .ok(document(now: clock.now, sequence: 5).encode()) : .hang
        }
        try await withVerifier(server, clock: clock, { $0.consumer = "orders/1 & more" }) { _ in
            try await eventually("the second poll") { server.calls(Self.list).count == 2 }
            let targets = server.calls(Self.list).map(\.target)
            #expect(targets.first == "/revocations?consumer=orders%2F1%26more")
            #expect(targets.last == "/revocations?after=5&epoch=e1&wait=25&consumer=orders%2F1%26more")
        }
    }
}
