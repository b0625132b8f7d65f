import Synchronization
import TestConditions
import Testing

@testable import LatchkeyCore

struct WaitingLineTests {
    /// Notes who ran, in order.
    private final class Notes: Sendable {
        private let items = Mutex<[Int]>([])
        func add(_ item: Int) { items.withLock { $0.append(item) } }
        var all: [Int] { items.withLock { $0 } }
    }

    @Test(.endsHang)
    func `tasks of one key go through one at a time, in the order in which they came`() async throws {
        let line = WaitingLine<String>(limit: 100, limitPerKey: 100)
        let notes = Notes()
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let first = Task {
            try await line.inTurn("a") {
                notes.add(-1)
                for await _ in gate { break }
            }
        }
        try await eventually("the line is so") { notes.all == [-1] }
        var others: [Task<Void, any Error>] = []
        for number in 0..<20 {
            others.append(Task { try await line.inTurn("a") { notes.add(number) } })
            try await eventually("the line is so") { line.waiting == number + 1 }
        }
        try await line.inTurn("b") { notes.add(99) }
        #expect(notes.all == [-1, 99])
        open.yield()
        for task in [first] + others { try await task.value }
        #expect(notes.all == [-1, 99] + Array(0..<20))
        #expect(line.waiting == 0)
    }

    @Test(.endsHang)
    func `a cancelled task leaves the line and the one behind it moves up`() async throws {
        let line = WaitingLine<String>(limit: 100, limitPerKey: 100)
        let notes = Notes()
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let first = Task {
            try await line.inTurn("a") {
                notes.add(0)
                for await _ in gate { break }
            }
        }
        try await eventually("the line is so") { notes.all == [0] }
        let second = Task { try await line.inTurn("a") { notes.add(1) } }
        try await eventually("the line is so") { line.waiting == 1 }
        let third = Task { try await line.inTurn("a") { notes.add(2) } }
        try await eventually("the line is so") { line.waiting == 2 }
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        #expect(line.waiting == 1)
        open.yield()
        try await first.value
        try await third.value
        #expect(notes.all == [0, 2])
    }

    @Test(.endsHang)
    func `a full line refuses at once, per key and in all`() async throws {
        let line = WaitingLine<String>(limit: 2, limitPerKey: 1)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        var holders: [Task<Void, any Error>] = []
        let notes = Notes()
        for (number, key) in ["a", "b", "c"].enumerated() {
            holders.append(
                Task {
                    try await line.inTurn(key) {
                        notes.add(number)
                        for await _ in gate { break }
                    }
                })
        }
        try await eventually("the line is so") { notes.all.count == 3 }
        let waiting = ["a", "b"].map { key in Task { try await line.inTurn(key) {} } }
        try await eventually("the line is so") { line.waiting == 2 }
        await #expect(throws: WaitingLine<String>.Full.self) { try await line.inTurn("a") {} }
        await #expect(throws: WaitingLine<String>.Full.self) { try await line.inTurn("c") {} }
        open.finish()
        for task in holders + waiting { try await task.value }
        try await line.inTurn("c") {}
    }

    @Test func `a turn that throws is over`() async throws {
        struct Fault: Error {}
        let line = WaitingLine<String>(limit: 1, limitPerKey: 1)
        await #expect(throws: Fault.self) { try await line.inTurn("a") { throw Fault() } }
        try await line.inTurn("a") {}
    }
}
