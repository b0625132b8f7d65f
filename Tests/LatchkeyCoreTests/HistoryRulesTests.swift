import LatchkeyCore
import LatchkeyTokens
import Testing

struct HistoryRulesTests {
    private static func state(
        system: Int64 = 7, timeline: Int64 = 3, database: Int64 = 5, second: Int64 = 10_000, sequence: Int64 = 50
    ) -> DatabaseState {
        DatabaseState(
            identity: DatabaseIdentity(system: system, timeline: timeline, database: database), second: second,
            sequence: sequence)
    }

    private func judge(
        _ found: DatabaseState, recorded: DatabaseState = state(), settledAt: Int64 = 0, forked: Int64 = 0,
        known: DatabaseState? = state(), at: Int64 = 1000, since: Int64 = 6_400
    ) -> HistoryFinding {
        HistoryRules.judge(
            found,
            recorded: RecordedHistory(
                identity: recorded.identity, settledAt: Timestamp(milliseconds: settledAt), forkedSecond: forked),
            known: known.map {
                KnownHistory(state: $0, at: Timestamp(milliseconds: at), rememberedSince: since)
            })
    }

    @Test func `a history that goes on is the same, whether or not the node knew it`() {
        #expect(judge(Self.state()) == .same)
        #expect(judge(Self.state(second: 10_001, sequence: 51)) == .same)
        #expect(judge(Self.state(), known: nil) == .same)
    }

    @Test func `rows of another server or another database are a copy`() {
        #expect(judge(Self.state(system: 8)) == .foreign(.copied))
        #expect(judge(Self.state(database: 6), known: nil) == .foreign(.copied))
        #expect(judge(Self.state(system: 8, timeline: 4), known: nil) == .foreign(.copied))
    }

    @Test func `a database that records itself is still not the one that the node knew`() {
        let other = Self.state(system: 8)
        #expect(judge(other, recorded: other) == .foreign(.replaced))
        #expect(judge(other, recorded: other, known: nil) == .same)
        let beside = Self.state(database: 6)
        #expect(judge(beside, recorded: beside) == .foreign(.replaced))
    }

    @Test func `a lower timeline is the old primary, whoever knows better`() {
        let old = Self.state(timeline: 2)
        #expect(judge(old) == .older)
        #expect(judge(old, recorded: old) == .older)
        #expect(judge(old, known: nil) == .older)
    }

    @Test func `an earlier state of the same timeline was rewound`() {
        #expect(judge(Self.state(second: 9_999)) == .foreign(.rewound))
        #expect(judge(Self.state(sequence: 49)) == .foreign(.rewound))
        #expect(judge(Self.state(second: 20_000, sequence: 49)) == .foreign(.rewound))
        #expect(judge(Self.state(second: 1, sequence: 1), known: nil) == .same)
    }

    @Test func `a higher timeline is a promotion, also when another node has recorded it`() {
        let promoted = Self.state(timeline: 4, second: 9_000, sequence: 40)
        #expect(judge(promoted) == .promoted)
        #expect(judge(promoted, known: nil) == .promoted)
        let written = Self.state(timeline: 4, second: 10_050, sequence: 60)
        #expect(judge(written, recorded: written, forked: 9_000) == .promoted)
        #expect(judge(written, recorded: written, forked: 9_000, known: nil) == .same)
    }

    @Test func `a promotion that lost more than is remembered is for an operator`() {
        #expect(judge(Self.state(timeline: 4, second: 6_399)) == .foreign(.lostTooMuch))
        #expect(judge(Self.state(timeline: 4, second: 6_400)) == .promoted)
        let written = Self.state(timeline: 4, second: 10_050, sequence: 60)
        #expect(judge(written, recorded: written, forked: 6_399) == .foreign(.lostTooMuch))
        // Nothing was written for hours, and nothing is lost.
        #expect(judge(Self.state(timeline: 4), since: 12_000) == .promoted)
        #expect(judge(Self.state(timeline: 4, second: 9_999), since: 12_000) == .foreign(.lostTooMuch))
    }

    @Test func `what was settled after the node knew it is taken as it is`() {
        let other = Self.state(system: 8, timeline: 1, second: 1, sequence: 1)
        #expect(judge(other, recorded: other, settledAt: 1001) == .settled)
        #expect(judge(other, recorded: other, settledAt: 1000) == .foreign(.replaced))
        #expect(judge(Self.state(second: 1), settledAt: 1001) == .settled)
        // Another copy of it is not what was settled.
        #expect(judge(Self.state(system: 9), recorded: other, settledAt: 1001) == .foreign(.copied))
    }

    @Test(arguments: [
        (HistoryFinding.same, true, true, true, false), (.same, true, false, true, true),
        (.same, true, false, false, false), (.same, true, true, false, false), (.settled, true, false, true, true),
        (.settled, true, true, true, false), (.promoted, false, true, true, true),
        (.promoted, false, false, false, true), (.promoted, true, true, true, false),
        (.promoted, true, false, true, true), (.older, false, false, true, false),
        (.foreign(.rewound), false, false, true, false),
    ])
    func `an epoch is drawn where numbers might be given twice, and at a cold start`(
        finding: HistoryFinding, isRecorded: Bool, othersServe: Bool, serves: Bool, draws: Bool
    ) {
        #expect(
            HistoryRules.draws(finding, isRecorded: isRecorded, othersServe: othersServe, serves: serves) == draws)
    }
}

struct ReassertionTests {
    private static let (user, other) = (UserID.generate(at: .init(seconds: 1)), UserID.generate(at: .init(seconds: 1)))
    private static let session = SessionID.generate(at: .init(seconds: 1))

    private func entry(
        _ target: RevocationEntry.Target, at second: Int64, _ reason: RevocationReason = .admin, expires: Int64 = 900
    ) -> RememberedRevocation {
        RememberedRevocation(
            target: target, expiresAt: Timestamp(seconds: expires), revokedAt: Timestamp(seconds: second),
            reason: reason)
    }

    private func at(_ second: Int64) -> Timestamp { Timestamp(seconds: second) }

    @Test func `what the database has is not lost, and what is older than the fork is not asked for`() {
        let remembered = [
            entry(.session(Self.session), at: 100), entry(.user(Self.user, issuedBefore: at(100)), at: 100),
            entry(.user(Self.other, issuedBefore: at(40)), at: 40),
        ]
        let stored: [RevocationEntry.Target] = [.session(Self.session), .user(Self.user, issuedBefore: at(100))]
        #expect(Reassertion.missing(remembered, stored: stored, since: at(50)).isEmpty)
        #expect(Reassertion.missing(remembered, stored: stored, since: at(40)) == [remembered[2]])
        #expect(Reassertion.missing(remembered, stored: [], since: at(50)) == Array(remembered.prefix(2)))
        #expect(Reassertion.missing([], stored: stored, since: at(0)).isEmpty)
    }

    @Test func `an entry by time is covered by one that is as late`() {
        let remembered = [
            entry(.user(Self.user, issuedBefore: at(100)), at: 100), entry(.all(issuedBefore: at(90)), at: 90),
        ]
        let since = at(0)
        #expect(
            Reassertion.missing(
                remembered, stored: [.user(Self.user, issuedBefore: at(99)), .all(issuedBefore: at(89))], since: since)
                == remembered)
        #expect(
            Reassertion.missing(
                remembered, stored: [.all(issuedBefore: at(95)), .user(Self.user, issuedBefore: at(101))], since: since
            ).isEmpty)
        #expect(
            Reassertion.missing(remembered, stored: [.user(Self.other, issuedBefore: at(101))], since: since)
                == remembered)
    }

    @Test func `several entries about one subject come back as one, which keeps what weighs most`() throws {
        let lost = Reassertion.missing(
            [
                entry(.user(Self.user, issuedBefore: at(100)), at: 100, .userDisabled, expires: 500),
                entry(.session(Self.session), at: 101),
                entry(.user(Self.user, issuedBefore: at(110)), at: 110, .passwordChange, expires: 400),
            ], stored: [], since: at(0))
        #expect(lost.count == 2)
        let first = try #require(lost.first)
        #expect(first.target == .user(Self.user, issuedBefore: at(110)))
        #expect(first.reason == .userDisabled)
        #expect(first.expiresAt == at(500) && first.revokedAt == at(110))
    }
}

struct NodeAgreementTests {
    private func fingerprints(_ text: String) throws -> MasterKeyFingerprints {
        try #require(MasterKeyFingerprints(text))
    }

    private static let (one, two, three) = (
        String(repeating: "1", count: 32), String(repeating: "2", count: 32), String(repeating: "3", count: 32)
    )

    private func objection(own: String, issuer: String = "https://a.example", other: String) throws -> String? {
        let node = NodeRecord(
            id: "b", name: "beta", program: "1", schema: 1, issuer: "https://a.example",
            masterKeys: try fingerprints(other), serves: true, startedAt: Timestamp(seconds: 1),
            seenAt: Timestamp(seconds: 1), isLiving: true, behind: 0)
        return NodeAgreement.objection(issuer: issuer, masterKeys: try fingerprints(own), living: [node])
    }

    @Test func `nodes with one ring agree, and a slot may come to one after the other`() throws {
        let (one, two) = (Self.one, Self.two)
        #expect(try objection(own: "0:\(one)", other: "0:\(one)") == nil)
        #expect(try objection(own: "1:\(two) 0:\(one)", other: "0:\(one)") == nil)
        #expect(try objection(own: "0:\(one)", other: "1:\(two) 0:\(one)") == nil)
        #expect(try objection(own: "0:\(one) 1:\(two)", other: "1:\(two) 0:\(one)") == nil)
        #expect(NodeAgreement.objection(issuer: "x", masterKeys: try fingerprints("0:\(one)"), living: []) == nil)
    }

    @Test func `another issuer, another key, and a current slot that one of them lacks are refused`() throws {
        let (one, two, three) = (Self.one, Self.two, Self.three)
        #expect(try objection(own: "0:\(one)", issuer: "https://A.example", other: "0:\(one)") != nil)
        #expect(try objection(own: "0:\(two)", other: "0:\(one)") != nil)
        #expect(try objection(own: "1:\(three) 0:\(one)", other: "1:\(two) 0:\(one)") != nil)
        #expect(try objection(own: "0:\(one) 1:\(two)", other: "0:\(one)") != nil)
        #expect(try objection(own: "0:\(one)", other: "0:\(one) 1:\(two)") != nil)
    }

    @Test func `fingerprints are written as they are read, and tell rings apart`() throws {
        let ring = MasterKeyRing.generate()
        let prints = ring.fingerprints
        #expect(MasterKeyFingerprints(prints.text) == prints)
        #expect(MasterKeyRing.generate().fingerprints != prints)
        let wider = try ring.adding(.generate()).fingerprints
        #expect(wider.slots[0] == prints.slots[0] && wider.current == 1)
        #expect(MasterKeyFingerprints(wider.text) == wider)
        #expect(!wider.text.utf8.elementsEqual(ring.text.utf8))
    }

    @Test(arguments: [
        "", "0", "0:", "x:11", "16:11111111111111111111111111111111", "0:1111111111111111111111111111111",
        "0:1111111111111111111111111111111g", "0:11111111111111111111111111111111 0:11111111111111111111111111111111",
        "0:1:1",
    ])
    func `a text that is no list of fingerprints is refused`(text: String) {
        #expect(MasterKeyFingerprints(text) == nil)
    }
}
