import TestConditions
import Testing

@testable import LatchkeyCore

struct LoginSlotsTests {
    private let slots = LoginSlots()
    private let pair = ThrottleBucket(kind: .pair, number: 7)

    /// One attempt's check with counters that allow `capacity`, as ``LoginThrottle`` does it.
    private func attempt(capacity: Int) -> LoginSlots.Answer {
        slots.beginCheck(pair)
        defer { slots.endCheck(pair) }
        return slots.take(pair, capacity: capacity, mark: slots.mark(pair))
    }

    @Test func `no more slots are out than the counters allow`() {
        #expect((0..<4).map { _ in attempt(capacity: 3) } == [.taken, .taken, .taken, .full])
        slots.give(pair)
        #expect(attempt(capacity: 2) == .full)
        #expect(attempt(capacity: 3) == .taken)
        #expect(slots.taken(pair) == 3)
    }

    @Test func `counters that were read before an attempt ended are read again`() {
        #expect(attempt(capacity: 1) == .taken)
        slots.beginCheck(pair)
        let mark = slots.mark(pair)
        // The counters are read here; then the other attempt fails, is counted, and gives its slot back.
        slots.give(pair)
        #expect(slots.take(pair, capacity: 1, mark: mark) == .outOfDate)
        #expect(slots.take(pair, capacity: 1, mark: slots.mark(pair)) == .taken)
        slots.endCheck(pair)
        #expect(slots.taken(pair) == 1)
    }

    @Test(.endsHang)
    func `a wait for a slot ends with the next release, even an earlier one`() async {
        #expect(attempt(capacity: 1) == .taken)
        slots.beginCheck(pair)
        let mark = slots.mark(pair)
        let waiter = Task { await slots.release(of: pair, since: mark) }
        slots.give(pair)
        await waiter.value
        #expect(slots.take(pair, capacity: 1, mark: slots.mark(pair)) == .taken)
        slots.endCheck(pair)
    }

    @Test(.endsHang)
    func `a cancelled wait ends`() async {
        #expect(attempt(capacity: 1) == .taken)
        slots.beginCheck(pair)
        let mark = slots.mark(pair)
        let waiter = Task { await slots.release(of: pair, since: mark) }
        waiter.cancel()
        await waiter.value
        slots.endCheck(pair)
        #expect(slots.taken(pair) == 1)
    }

    @Test func `an admission gives its slot back once, at the latest when it is let go of`() {
        for _ in 0..<2 { #expect(attempt(capacity: 2) == .taken) }
        do {
            let admission = Admission(
                record: nil, resetOnSuccess: [pair], countedOnFailure: [],
                giveBack: { [slots, pair] in slots.give(pair) })
            admission.release()
            admission.release()
            #expect(slots.taken(pair) == 1)
        }
        #expect(slots.taken(pair) == 1)
        _ = Admission(
            record: nil, resetOnSuccess: [], countedOnFailure: [], giveBack: { [slots, pair] in slots.give(pair) })
        #expect(slots.taken(pair) == 0)
    }
}
