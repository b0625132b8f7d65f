import LatchkeyTokens
import LatchkeyVerifier
import Synchronization
import TestConditions
import TestSupport
import Testing

/// The signed form, for lists that come through somebody else.
struct SignedListTests {
    private let clock = TestClock()

    /// Serves keys of both issuers, and lists by a script.
    private func server(
        _ keys: [UInt8], _ list: @escaping @Sendable (Int) throws -> HostileServer.Reply
    ) async throws -> HostileServer {
        try await HostileServer { call, number in
            call.path == "/revocations" ? (try? list(number)) ?? .status("500 Broken") : .ok(keys)
        }
    }

    @Test func `it is asked for and taken`() async throws {
        let issuer = try TestIssuer()
        let server = try await server(try issuer.keySet()) { [clock] _ in
            .ok(try issuer.signed(document(now: clock.now, sequence: 5)), "application/jwt")
        }
        try await withVerifier(server, clock: clock, { $0.requiresSignedList = true }) { verifier in
            #expect(await verifier.waitUntilReady(for: .seconds(600)))
            #expect(verifier.status.sequence == 5)
            #expect(server.calls("/revocations").allSatisfy { $0.head.contains("accept: application/jwt\r\n") })
        }
    }

    @Test func `the plain form, a wrong signature and an expired copy do not count`() async throws {
        let (issuer, thief) = (try TestIssuer(), try TestIssuer())
        let server = try await server(try issuer.keySet()) { [clock] number in
            let good = document(now: clock.now, sequence: 5)
            return switch number % 4 {
            case 0: .ok(good.encode())
            case 1: .ok(try issuer.signed(good, by: thief), "application/jwt")
            case 2: .ok(try issuer.signed(document(now: clock.now - .seconds(181), sequence: 5)), "application/jwt")
            default: .ok(try thief.signed(good), "application/jwt")
            }
        }
        try await withVerifier(server, clock: clock, { $0.requiresSignedList = true }) { verifier in
            try await eventually("all four, twice") { server.calls("/revocations").count >= 8 }
            #expect(verifier.status.freshness == .blind)
        }
    }

    @Test func `a key that the list condemns signs no further list`() async throws {
        let (stolen, fresh) = (try TestIssuer(), try TestIssuer())
        let condemned = RevocationEntry(
            sequence: 6, target: .key(stolen.webKey.keyID), expiresAt: clock.now + .seconds(86400))
        let server = try await server(try stolen.keySet(fresh.webKey)) { [clock] number in
            switch number {
            case 0: .ok(try stolen.signed(document(now: clock.now, sequence: 5)), "application/jwt")
            case 1: .ok(try fresh.signed(document(now: clock.now, sequence: 6, [condemned])), "application/jwt")
            default: .ok(try stolen.signed(document(now: clock.now, sequence: 7)), "application/jwt")
            }
        }
        try await withVerifier(server, clock: clock, { $0.requiresSignedList = true }) { verifier in
            try await eventually("lists by the thief") { server.calls("/revocations").count > 4 }
            #expect(verifier.status.sequence == 6)
            let forged = try stolen.token(at: clock.now)
            #expect(throws: VerificationError.revoked) { try verifier.verifyNow(forged) }
        }
    }

    @Test func `a list signed with a key that is new is taken as soon as the key is known`() async throws {
        let (old, new) = (try TestIssuer(), try TestIssuer())
        let (first, second) = (try old.keySet(), try old.keySet(new.webKey))
        let isRotated = Mutex(false)
        let server = try await HostileServer { [clock] call, number in
            let isRotated = isRotated.withLock { $0 }
            guard call.path == "/revocations" else { return .ok(isRotated ? second : first) }
            let text = try? (isRotated ? new : old).signed(document(now: clock.now, sequence: isRotated ? 1 : 0))
            return .ok(text ?? [], "application/jwt")
        }
        try await withVerifier(server, clock: clock, { $0.requiresSignedList = true }) { verifier in
            #expect(await verifier.waitUntilReady(for: .seconds(600)))
            isRotated.withLock { $0 = true }
            let seen = server.calls("/revocations").count
            try await eventually("lists by the new key") { server.calls("/revocations").count > seen + 3 }
            #expect(verifier.status.sequence == 0, "within the cool-down the key is not asked for")
            clock.advance(by: .seconds(30))
            try await eventually("the list") { (verifier.status.sequence ?? 0) > 0 }
        }
    }
}
