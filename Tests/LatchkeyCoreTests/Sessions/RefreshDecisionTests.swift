import LatchkeyCore
import LatchkeyTokens
import Testing

/// The generation table, row by row and at each of its borders.
struct RefreshDecisionTests {
    static let start = Timestamp(milliseconds: 1_795_420_800_000)
    static let policy = RefreshPolicy(
        reuseWindow: .seconds(30), recoveryLimit: 8, idleLifetime: .seconds(14 * 86400))

    static func lineage(
        current: UInt32 = 5, held: UInt32 = 4, recoveries: Int = 0, from network: String = "192.0.2.1"
    ) -> Session.Lineage {
        Session.Lineage(
            current: current, held: held, rotatedAt: start, rotatedFrom: network, recoveries: recoveries,
            recoveryWindowStart: start)
    }

    static func decide(
        _ lineage: Session.Lineage = lineage(), presented: UInt32, after milliseconds: Int64,
        transport: Session.Transport = .body, network: String = "192.0.2.1"
    ) -> RefreshDecision {
        RefreshDecision.decide(
            lineage: lineage, presented: presented, transport: transport, network: network, policy: policy,
            now: Timestamp(milliseconds: start.milliseconds + milliseconds))
    }

    static func advanced(
        to current: UInt32, held: UInt32, after milliseconds: Int64, recoveries: Int = 0
    ) -> Session.Lineage {
        var next = lineage(current: current, held: held, recoveries: recoveries)
        next.rotatedAt = Timestamp(milliseconds: start.milliseconds + milliseconds)
        return next
    }

    // MARK: Refusals first

    @Test(arguments: [UInt32(1), 2, 3])
    func `an old generation is a replay, whenever it comes`(presented: UInt32) {
        for after in [Int64(0), 14_999, 15_000, 30_000, 86_400_000] {
            #expect(
                Self.decide(presented: presented, after: after)
                    == .replay(behind: 5 - presented, age: .milliseconds(after)))
        }
    }

    @Test(arguments: [UInt32(5), 6, 7])
    func `a generation skipped by a fork is a replay`(skipped: UInt32) {
        let forked = Self.lineage(current: 8, held: 4, recoveries: 3)
        #expect(
            Self.decide(forked, presented: skipped, after: 1) == .replay(behind: 8 - skipped, age: .milliseconds(1)))
    }

    @Test func `the ninth recovery within a day is a replay`() {
        let worn = Self.lineage(recoveries: 8)
        #expect(Self.decide(worn, presented: 4, after: 60_000) == .replay(behind: 1, age: .seconds(60)))
    }

    @Test func `the last generation of all is refused and not wrapped around`() {
        let full = Self.lineage(current: .max, held: .max - 1)
        #expect(Self.decide(full, presented: .max, after: 60_000) == .exhausted)
        #expect(Self.decide(full, presented: .max - 1, after: 60_000) == .exhausted)
        #expect(Self.decide(presented: .max, after: 60_000) == .exhausted)
    }

    // MARK: Rotation

    @Test(arguments: [Int64(0), 1, 29_999, 30_000, 86_400_000])
    func `the current generation rotates at any age over the body`(after: Int64) {
        #expect(Self.decide(presented: 5, after: after) == .rotate(Self.advanced(to: 6, held: 5, after: after)))
    }

    @Test(arguments: [(Int64(0), false), (29_999, false), (30_000, true), (86_400_000, true)])
    func `the current generation rotates once per window over a cookie`(after: Int64, rotates: Bool) {
        #expect(
            Self.decide(presented: 5, after: after, transport: .cookie)
                == (rotates ? .rotate(Self.advanced(to: 6, held: 5, after: after)) : .accessOnly))
    }

    @Test func `the first refresh after login holds generation 1`() {
        let fresh = Session.Lineage.begun(at: Self.start, from: "192.0.2.1")
        #expect(
            Self.decide(fresh, presented: 1, after: 5)
                == .rotate(Self.advanced(to: 2, held: 1, after: 5)))
    }

    // MARK: The held generation

    @Test(arguments: [Session.Transport.body, .cookie])
    func `a lost answer is given again in the first half of the window`(transport: Session.Transport) {
        for after in [Int64(0), 1, 14_999] {
            #expect(
                Self.decide(presented: 4, after: after, transport: transport) == .sameSuccessor(elsewhere: false))
        }
    }

    @Test func `a repeat from another network is noticed`() {
        #expect(Self.decide(presented: 4, after: 1, network: "198.51.100.7") == .sameSuccessor(elsewhere: true))
    }

    @Test(arguments: [Int64(15_000), 20_000, 29_999])
    func `a straggler in the second half gets an access token alone`(after: Int64) {
        #expect(Self.decide(presented: 4, after: after) == .accessOnly)
        #expect(Self.decide(presented: 4, after: after, transport: .cookie) == .accessOnly)
    }

    @Test(arguments: [Int64(30_000), 86_399_999])
    func `a held generation after the window forks and skips the successor`(after: Int64) {
        #expect(
            Self.decide(presented: 4, after: after)
                == .recover(Self.advanced(to: 6, held: 4, after: after, recoveries: 1)))
    }

    @Test func `recoveries of another day do not count`() {
        let worn = Self.lineage(recoveries: 8)
        var expected = Self.advanced(to: 6, held: 4, after: 86_400_000, recoveries: 1)
        expected.recoveryWindowStart = expected.rotatedAt
        #expect(Self.decide(worn, presented: 4, after: 86_400_000) == .recover(expected))
    }

    // MARK: The database went backwards

    @Test(arguments: [UInt32(6), 7, 4000])
    func `a genuine newer generation moves the lineage past itself`(presented: UInt32) {
        #expect(
            Self.decide(presented: presented, after: 3)
                == .fastForward(Self.advanced(to: presented + 1, held: presented, after: 3)))
    }

    @Test func `a clock before the last rotation counts as no time passed`() {
        #expect(Self.decide(presented: 4, after: -5000) == .sameSuccessor(elsewhere: false))
    }
}
