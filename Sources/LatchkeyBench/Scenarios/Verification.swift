import Crypto
import Glibc
import LatchkeyTokens
import LatchkeyVerifier
import Synchronization

/// What a service pays for one token: LatchkeyVerifier with a long list, beside the signature check alone.
///
/// Both are measured in small turns of one slice, by the thread's processor time, so that other work on the machine
/// does not cause a difference between them.
final class Verification: Sendable {
    private static let entries = 100_000
    private static let tokens = 256
    private static let turn = 32
    private static let issuer = "https://auth.example.com"
    private static let audience = "orders"

    private let key: P256.Signing.PublicKey
    private let samples: [Sample]
    private let verifier: TokenVerifier
    /// What the last slice of the bare row found for the other one.
    private let pending = Mutex(Slice(count: 0, seconds: 0))

    private struct Sample: Sendable {
        let text: String
        let signingInput: [UInt8]
        let signature: P256.Signing.ECDSASignature
    }

    /// - Parameters:
    ///   - entries: of the list.
    ///   - tokens: different ones, each a signature to make beforehand.
    init(entries: Int = Verification.entries, tokens: Int = Verification.tokens) throws {
        let privateKey = P256.Signing.PrivateKey()
        key = privateKey.publicKey
        let webKey = try JSONWebKey(p256: key.rawRepresentation)
        let now = Timestamp.wallClock
        samples = try (0..<tokens).map { _ in try Self.sample(privateKey, webKey, now) }
        verifier = TokenVerifier(.init(issuer: Self.issuer, audience: Self.audience))
        verifier.install(try JSONWebKeySet([webKey]), try Self.list(now, entries))
        guard verifier.status.entries == entries else { throw BenchFailure("The list was not taken whole.") }
    }

    func measure(_ plan: BenchPlan) throws -> Section {
        var section = Section(.verification)
        let ratio = Ratio.of("es256_verify", to: "verifier", "LatchkeyVerifier / ES256 verification alone, time")
        section.add(rows, [ratio], try Rounds(plan: plan).run(rows, name: "verification by a service"))
        try section.judge(.verification, ratio: ratio.key)
        return section
    }

    private var rows: [Row] {
        [
            Row(key: "es256_verify", title: "ES256 verification alone, one thread", isYardstick: true) { seconds in
                let (bare, whole) = try self.measure(seconds: seconds)
                self.pending.withLock { $0 = whole }
                return bare
            },
            // Measured by the row above, turn by turn with it.
            Row(key: "verifier", title: "LatchkeyVerifier, \(Self.entries) entries, one thread", isYardstick: true) {
                _ in
                self.pending.withLock { $0 }
            },
        ]
    }

    private func measure(seconds: Double) throws -> (bare: Slice, whole: Slice) {
        var nanoseconds: (bare: UInt64, whole: UInt64) = (0, 0)
        var count = 0
        let end = Stopwatch.after(seconds)
        while Stopwatch.now() < end {
            let start = Self.processorTime()
            for index in count..<count + Self.turn { try verifySignature(index) }
            let middle = Self.processorTime()
            for index in count..<count + Self.turn { try verify(index) }
            nanoseconds.bare += middle - start
            nanoseconds.whole += Self.processorTime() - middle
            count += Self.turn
        }
        return (
            Slice(count: count, seconds: Double(nanoseconds.bare) / 1e9),
            Slice(count: count, seconds: Double(nanoseconds.whole) / 1e9)
        )
    }

    private func verify(_ index: Int) throws { _ = try verifier.verifyNow(samples[index % samples.count].text) }

    private func verifySignature(_ index: Int) throws {
        let sample = samples[index % samples.count]
        guard key.isValidSignature(sample.signature, for: sample.signingInput) else {
            throw BenchFailure("A good signature was refused.")
        }
    }

    /// For ``Instructions``: this many verifications, after some that are not counted.
    func loop(_ count: Int) throws {
        for index in 0..<samples.count { try verify(index) }
        for index in 0..<count { try verifyOnce(index) }
    }

    /// A function of its own, so that it can be counted by its name.
    @inline(never)
    private func verifyOnce(_ index: Int) throws { try verify(index) }

    /// Part of its name in the program.
    static let counted = "12VerificationC10verifyOnce"

    private static func processorTime() -> UInt64 {
        var time = timespec()
        // The call fills our local.
        unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// A token as the server issues it for a user's session, good for an hour.
    private static func sample(
        _ privateKey: P256.Signing.PrivateKey, _ key: JSONWebKey, _ now: Timestamp
    ) throws -> Sample {
        guard let client = ClientID("spa"), let scope = Scope("orders:read orders:write") else {
            throw BenchFailure("The sample claims are malformed.")
        }
        let claims = AccessTokenClaims(
            issuer: issuer, subject: UserID.generate(at: now).description, audience: [audience],
            expiresAt: now + .seconds(3600), issuedAt: now, tokenID: .generate(), clientID: client, scope: scope,
            sessionID: .generate(at: now), authenticatedAt: now, authenticationMethods: ["pwd"], roles: ["clerk"])
        let header = JWSHeader(algorithm: .es256, type: JWSHeader.accessTokenType, keyID: key.keyID).segment()
        let text = try JWS.sign(headerSegment: header, payload: claims.encode()) { input in
            Array(try privateKey.signature(for: input).rawRepresentation)
        }
        let jws = try JWS(parsing: text)
        return Sample(
            text: String(decoding: text, as: UTF8.self), signingInput: jws.signingInput,
            signature: try P256.Signing.ECDSASignature(rawRepresentation: jws.signature))
    }

    /// A fresh list with all kinds that match by id, none of which names a sample.
    private static func list(_ now: Timestamp, _ count: Int) throws -> RevocationListState {
        let entries = (1...count).map { number in
            let target: RevocationEntry.Target =
                switch number % 4 {
                case 0: .token(.generate())
                case 1: .user(.generate(at: now), issuedBefore: now)
                default: .session(.generate(at: now))
                }
            return RevocationEntry(sequence: Int64(number), target: target, expiresAt: now + .seconds(3600))
        }
        var state = RevocationListState(issuer: issuer)
        try state.apply(
            RevocationDocument(
                issuer: issuer, epoch: "bench", after: 0, sequence: Int64(entries.count), now: now, nextUpdate: 5,
                expiresIn: 3600, entries: entries),
            receivedAt: now)
        return state
    }
}

extension Budget {
    static let verification = Budget(
        key: "verification", title: "verification with list look-up, 100,000 entries", bound: .atMost(1.1),
        unit: "x bare ES256",
        reason:
            "Services verify on every request, so revocation must be nearly free: only the signature costs, "
            + "and claims, look-ups and parsing share a tenth of it.")
}
