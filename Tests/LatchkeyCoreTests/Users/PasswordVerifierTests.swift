import Argon2
import Testing

@testable import LatchkeyCore

struct PasswordVerifierTests {
    private let pool: HashPool
    private let cheap: Argon2Parameters
    private let verifier: PasswordVerifier

    init() throws {
        cheap = try Argon2Parameters(memoryKiB: 64, iterations: 2, parallelism: 1)
        pool = try HashPool(threads: 1, maxQueueWait: .seconds(60), reference: cheap)
        verifier = PasswordVerifier(pool: pool, argon2: cheap)
    }

    private func verify(_ password: String, _ stored: String?) async throws -> PasswordVerdict {
        try await verifier.verify(password: Password(password), stored: stored, network: "192.0.2.1")
    }

    @Test(arguments: ImportedHashes.all)
    func `a wrong password does not match an imported hash`(stored: String) async throws {
        #expect(try await verify("correct horse battery stapl", stored) == .mismatch)
        #expect(try await verify("", stored) == .mismatch)
    }

    @Test(arguments: ImportedHashes.all)
    func `an imported hash matches once and asks to be replaced`(stored: String) async throws {
        #expect(try await verify(ImportedHashes.password, stored) == .match(needsRehash: true))
    }

    @Test(arguments: [
        nil, "", "garbage", "$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$c29tZXNhbHRzb21lc2FsdA",
        "$2b$31$r.pnAr/O62gT12a8jVpOz.exak9hrcjYhUF3ag2g7AWPyxazSIEK6",
        "$scrypt$ln=30,r=8,p=1$MDEyMzQ1Njc4OWFiY2RlZg$0Pz6RuN9WCY6OfE3FYH5Myx0JqvNjul84VbFyWLBf4g",
    ])
    func `an unknown user and a row out of bounds cost one job like any other user`(stored: String?) async throws {
        #expect(try await verify(ImportedHashes.password, stored) == .mismatch)
        #expect(pool.statistics.completed == 1)
    }

    @Test func `a login is one job whatever the stored hash and the outcome`() async throws {
        let own = try await verifier.hash(password: Password(ImportedHashes.password), network: "192.0.2.1")
        var jobs = 1
        for stored in ImportedHashes.all + [own] {
            for password in [ImportedHashes.password, "wrong"] {
                _ = try await verify(password, stored)
                jobs += 1
                #expect(pool.statistics.completed == jobs)
            }
        }
    }

    @Test func `our own hash matches in every spelling of the same letters and in no other case`() async throws {
        let stored = try await verifier.hash(password: Password("Ångström für immer"), network: "192.0.2.1")
        #expect(stored.hasPrefix("$argon2id$v=19$m=64,t=2,p=1$"))
        #expect(try await verify("A\u{30A}ngstro\u{308}m fu\u{308}r immer", stored) == .match(needsRehash: false))
        #expect(try await verify("ångström für immer", stored) == .mismatch)
        #expect(try await verify("Ångström für immer ", stored) == .mismatch)
    }

    @Test func `a hash below the policy asks to be replaced, one above does not`() async throws {
        let weaker = PasswordVerifier(
            pool: pool, argon2: try Argon2Parameters(memoryKiB: 32, iterations: 1, parallelism: 1))
        let stored = try await weaker.hash(password: Password("some long phrase"), network: "192.0.2.1")
        #expect(try await verify("some long phrase", stored) == .match(needsRehash: true))
        let own = try await verifier.hash(password: Password("some long phrase"), network: "192.0.2.1")
        let verdict = try await weaker.verify(password: Password("some long phrase"), stored: own, network: "192.0.2.1")
        #expect(verdict == .match(needsRehash: false))
    }

    @Test func `a password over 1024 bytes matches nothing, not even the hash of its beginning`() async throws {
        let beginning = String(repeating: "a", count: 1024)
        let stored = try await verifier.hash(password: Password(beginning), network: "192.0.2.1")
        #expect(try await verify(beginning, stored) == .match(needsRehash: false))
        #expect(try await verify(beginning + "b", stored) == .mismatch)
        // Longer than libcrypto takes at all, on a row that would go there.
        #expect(try await verify(String(repeating: "a", count: 70_000), ImportedHashes.all[2]) == .mismatch)
    }

    @Test func `a pool that stops refuses with a time to come back`() async throws {
        await pool.shutdown()
        let refusal = await #expect(throws: Refusal(.temporarilyUnavailable, "")) { try await verify("x", nil) }
        #expect(try #require(refusal).retryAfter == .seconds(1))
    }

    @Test func `a full queue is refused as overloaded with the pool's own estimate`() {
        let refusal = Refusal(hashing: .overloaded(retryAfter: .seconds(7)))
        #expect(refusal == Refusal(.overloaded, ""))
        #expect(refusal.retryAfter == .seconds(7))
    }
}
