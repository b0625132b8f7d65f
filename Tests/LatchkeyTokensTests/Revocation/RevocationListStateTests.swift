import LatchkeyTokens
import TestConditions
import Testing

struct RevocationListStateTests {
    struct Document: Codable, Sendable {
        let iss: String
        let epoch: String
        let after: Int64
        let seq: Int64
        let now: Int64
        let next_update: Int64
        let expires_in: Int64
        let entries: [RevocationIndexTests.Entry]
    }

    struct Case: VectorCase {
        struct Query: Codable, Equatable {
            let after: Int64
            let epoch: String
        }
        struct Step: Codable {
            let received_at: Int64
            let document: Document
            let expected: String
            let next: Query?
            let count: Int
        }
        struct Age: Codable {
            let instant: Int64
            let expected: String

            init(from decoder: any Decoder) throws {
                var pair = try decoder.unkeyedContainer()
                instant = try pair.decode(Int64.self)
                expected = try pair.decode(String.self)
            }
        }
        let name: String
        let steps: [Step]
        let at: [Age]
    }

    static func read(_ document: Document) throws -> RevocationDocument {
        try RevocationDocument(parsing: Vectors.bytes(document))
    }

    static func verdict(_ state: inout RevocationListState, _ document: RevocationDocument, at second: Int64) -> String
    {
        do throws(RefusedDocument) {
            return try state.apply(document, receivedAt: Timestamp(seconds: second)).rawValue
        } catch {
            return error.reason.rawValue
        }
    }

    @Test(arguments: try Vectors.load("revocation/sequences.json", as: VectorFile<Case>.self).cases)
    func `a sequence of polls ends as its vector says`(vector: Case) throws {
        var state = RevocationListState(issuer: Sample.issuer)
        for step in vector.steps {
            let result = Self.verdict(&state, try Self.read(step.document), at: step.received_at)
            #expect(result == step.expected)
            #expect(state.nextQuery.map { Case.Query(after: $0.after, epoch: $0.epoch) } == step.next)
            #expect(state.index.count == step.count)
        }
        for age in vector.at {
            #expect(state.freshness(at: Timestamp(seconds: age.instant)).rawValue == age.expected)
        }
    }

    private func document(
        after: Int64 = 0, sequence: Int64, now: Timestamp = Sample.now, epoch: String = "a",
        entries: [RevocationEntry] = []
    ) -> RevocationDocument {
        RevocationDocument(
            issuer: Sample.issuer, epoch: epoch, after: after, sequence: sequence, now: now, nextUpdate: 5,
            expiresIn: 60,
            entries: entries)
    }

    private func sessionEntry(_ sequence: Int64, expiresIn seconds: Int64) -> RevocationEntry {
        RevocationEntry(
            sequence: sequence, target: .session(.generate(at: Sample.now)), expiresAt: Sample.now + .seconds(seconds))
    }

    @Test func `a clock that jumps ahead does not forget a revocation`() throws {
        var state = RevocationListState(issuer: Sample.issuer)
        try state.apply(document(sequence: 1, entries: [sessionEntry(1, expiresIn: 400)]), receivedAt: Sample.now)
        state.prune(at: Sample.now + .seconds(86400))
        #expect(state.index.count == 1)
        try state.apply(
            document(after: 1, sequence: 1, now: Sample.now + .seconds(519)), receivedAt: Sample.now + .seconds(519))
        state.prune(at: Sample.now + .seconds(86400))
        #expect(state.index.count == 1)
        try state.apply(
            document(after: 1, sequence: 1, now: Sample.now + .seconds(520)), receivedAt: Sample.now + .seconds(520))
        state.prune(at: Sample.now + .seconds(519))
        #expect(state.index.count == 1)
        state.prune(at: Sample.now + .seconds(520))
        #expect(state.index.isEmpty)
    }

    /// At a server with the smallest `tokens.max_skew` an entry's `exp` is a minute after its last token's.
    @Test func `an entry stays for as long as the largest leeway accepts a token that it matches`() throws {
        var claims = try Sample.claims()
        let session = try #require(claims.sessionID)
        let end = claims.expiresAt + .seconds(60)
        var state = RevocationListState(issuer: Sample.issuer)
        let entry = RevocationEntry(sequence: 1, target: .session(session), expiresAt: end)
        try state.apply(document(sequence: 1, entries: [entry]), receivedAt: Sample.now)
        let last = claims.expiresAt + ClockSkew.maximum - .seconds(1)
        try state.apply(document(after: 1, sequence: 1, now: last), receivedAt: last)
        state.prune(at: last)
        let keyID = try #require(KeyID(String(repeating: "A", count: 43)))
        let rules = AccessTokenRules(
            issuer: Sample.issuer, audience: Sample.audience, skew: ClockSkew.maximum, revocations: state.index)
        #expect(throws: VerificationError.revoked) { try rules.check(claims, keyID: keyID, now: last) }
        claims.sessionID = nil
        try rules.check(claims, keyID: keyID, now: last)
    }

    @Test func `nothing is pruned before something was loaded`() {
        var state = RevocationListState(issuer: Sample.issuer)
        state.prune(at: Sample.now)
        #expect(state.freshness(at: Sample.now) == .blind)
    }

    @Test func `a refused document changes neither entries nor freshness`() throws {
        var state = RevocationListState(issuer: Sample.issuer)
        try state.apply(document(sequence: 5), receivedAt: Sample.now)
        let later = Sample.now + .seconds(70)
        for refused in [
            document(after: 7, sequence: 9, now: later, entries: [sessionEntry(8, expiresIn: 900)]),
            document(sequence: 4, now: later, entries: [sessionEntry(4, expiresIn: 900)]),
            document(sequence: 6, now: later + .seconds(121), entries: [sessionEntry(6, expiresIn: 900)]),
        ] {
            #expect(throws: RefusedDocument.self) { try state.apply(refused, receivedAt: later) }
            #expect(state.index.isEmpty)
            #expect(state.freshness(at: later) == .stale)
        }
    }

    @Test func `more entries than the cap are refused`() throws {
        var state = RevocationListState(issuer: Sample.issuer, maximumEntries: 2)
        let entries = (1...3).map { sessionEntry($0, expiresIn: 400) }
        let error = #expect(throws: RefusedDocument.self) {
            try state.apply(document(sequence: 3, entries: entries), receivedAt: Sample.now)
        }
        #expect(error?.reason == .tooLarge)
        #expect(state.index.isEmpty)
        try state.apply(document(sequence: 3, entries: Array(entries.prefix(2))), receivedAt: Sample.now)
        #expect(state.index.count == 2)
    }

    /// Whatever the documents are, an entry once accepted stays until its time has passed.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `no sequence of documents revives a token`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var state = RevocationListState(issuer: Sample.issuer)
        var accepted: [RevocationEntry] = []
        var clock = Sample.now
        for step in 1...300 as ClosedRange<Int64> {
            clock = clock + .seconds(Int64.random(in: 0...5, using: &generator))
            let after = Int64.random(in: 0...step, using: &generator) * Int64.random(in: 0...1, using: &generator)
            let entries = (0..<Int.random(in: 0...2, using: &generator)).map { offset in
                sessionEntry(after + 1 + Int64(offset), expiresIn: .random(in: -200...900, using: &generator))
            }
            let hostile = document(
                after: after, sequence: after + .random(in: 2...9, using: &generator),
                now: clock + .seconds(Int64.random(in: -300...200, using: &generator)),
                epoch: ["a", "b"].randomElement(using: &generator) ?? "a", entries: entries)
            if (try? state.apply(hostile, receivedAt: clock)) != nil { accepted += entries }
            let pruned = Bool.random(using: &generator)
            if pruned { state.prune(at: clock) }
            let keyID = try #require(KeyID(String(repeating: "A", count: 43)))
            for entry in accepted where entry.expiresAt > clock {
                var claims = try Sample.claims()
                guard case .session(let id) = entry.target else { continue }
                claims.sessionID = id
                #expect(state.index.firstMatch(for: claims, keyID: keyID) != nil)
            }
        }
        #expect(!accepted.isEmpty)
    }
}
