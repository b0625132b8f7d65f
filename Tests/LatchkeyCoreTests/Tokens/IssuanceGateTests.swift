import LatchkeyCore
import LatchkeyTokens
import Testing

struct IssuanceGateTests {
    private func at(_ milliseconds: Int64) -> Timestamp { Timestamp(milliseconds: milliseconds) }

    @Test func `a token in the second of a revocation waits for the next one`() {
        let gate = IssuanceGate.decide(wall: at(10_999), floor: at(10_500), issuedBefore: [10])
        #expect(gate == .wait(until: at(11_000)))
    }

    @Test func `the latest of all watermarks decides`() {
        #expect(
            IssuanceGate.decide(wall: at(10_000), floor: at(0), issuedBefore: [3, 10, 9]) == .wait(until: at(11_000)))
        #expect(
            IssuanceGate.decide(wall: at(11_000), floor: at(0), issuedBefore: [3, 10, 9]) == .open(issuedAt: at(11_000))
        )
    }

    @Test func `iat has whole seconds and is never in the future`() {
        #expect(
            IssuanceGate.decide(wall: at(10_999), floor: at(10_000), issuedBefore: []) == .open(issuedAt: at(10_000)))
    }

    @Test(arguments: [(Int64(8_000), false), (7_999, true), (9_999, false)])
    func `a clock behind its floor waits two seconds and refuses beyond`(wall: Int64, refuses: Bool) {
        let gate = IssuanceGate.decide(wall: at(wall), floor: at(10_700), issuedBefore: [])
        #expect(gate == (refuses ? .clockSetBack(retryAfter: .milliseconds(10_000 - wall)) : .wait(until: at(10_000))))
    }

    @Test func `a floor within the same second does not delay`() {
        #expect(
            IssuanceGate.decide(wall: at(10_100), floor: at(10_900), issuedBefore: []) == .open(issuedAt: at(10_000)))
    }
}
