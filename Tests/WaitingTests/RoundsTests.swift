import Synchronization
import TestConditions
import Testing
import Waiting

struct RoundsTests {
    @Test(.endsHang) func `whoever asks gets what a round found that began afterwards, and all share it`() async throws
    {
        let world = Atomic<Int>(0)
        let begun = Atomic<Int>(0)
        let gate = Atomic<Bool>(false)
        let rounds = Rounds<Int>(every: .zero) {
            begun.add(1, ordering: .sequentiallyConsistent)
            let found = world.load(ordering: .sequentiallyConsistent)
            while !gate.load(ordering: .sequentiallyConsistent) { try await Task.sleep(for: .milliseconds(1)) }
            return found
        }
        let first = Task { try await rounds.join() }
        try await eventually("a round runs") { begun.load(ordering: .sequentiallyConsistent) == 1 }
        world.store(7, ordering: .sequentiallyConsistent)
        let others = (0..<50).map { _ in Task { try await rounds.join() } }
        try await Task.sleep(for: .milliseconds(10))
        gate.store(true, ordering: .sequentiallyConsistent)
        #expect(try await first.value == 0)
        for other in others { #expect(try await other.value == 7) }
        // Those who came late may have begun one more.
        #expect(begun.load(ordering: .sequentiallyConsistent) <= 3)
    }

    @Test func `a round that fails fails for those who share it, and not for the next`() async throws {
        struct Failed: Error {}
        let count = Atomic<Int>(0)
        let rounds = Rounds<Int>(every: .milliseconds(1)) {
            let number = count.add(1, ordering: .sequentiallyConsistent).newValue
            if number == 1 { throw Failed() }
            return number
        }
        await #expect(throws: Failed.self) { try await rounds.join() }
        #expect(try await rounds.join() == 2)
    }
}
