import TestConditions
import Testing

@testable import Argon2

struct HashQueueTests {
    private let a = FairnessGroup("a")
    private let b = FairnessGroup("b")
    private let c = FairnessGroup("c")

    @Test func `a flooder waits behind itself and not in front of others`() throws {
        var queue = HashQueue<String>()
        for id in 1...5 { try queue.push(id: UInt64(id), group: a, weight: 1, element: "a\(id)") }
        try queue.push(id: 6, group: b, weight: 1, element: "b1")
        try queue.push(id: 7, group: c, weight: 1, element: "c1")
        try queue.push(id: 8, group: b, weight: 1, element: "b2")
        #expect(queue.drain() == ["a1", "b1", "c1", "a2", "b2", "a3", "a4", "a5"])
    }

    @Test func `a heavy job costs its group as many turns`() throws {
        var queue = HashQueue<String>()
        try queue.push(id: 1, group: a, weight: 3, element: "heavy")
        try queue.push(id: 2, group: a, weight: 1, element: "light")
        for id in 3...7 { try queue.push(id: UInt64(id), group: b, weight: 1, element: "b\(id)") }
        #expect(queue.drain() == ["b3", "b4", "heavy", "b5", "light", "b6", "b7"])
    }

    @Test func `a newcomer's wait is its turn and a flooder's is its whole line`() throws {
        var queue = HashQueue<String>()
        for id in 1...100 { try queue.push(id: UInt64(id), group: a, weight: 1, element: "") }
        #expect(queue.workAhead(of: a, weight: 1) == 100)
        #expect(queue.workAhead(of: b, weight: 1) == 1)
        #expect(queue.workAhead(of: b, weight: 5) == 5)
        try queue.push(id: 101, group: b, weight: 1, element: "")
        #expect(queue.workAhead(of: b, weight: 1) == 3)
        #expect(queue.workAhead(of: a, weight: 1) == 101)
    }

    @Test func `one group cannot fill the queue`() throws {
        var queue = HashQueue<String>(limits: .init(total: 4, perGroup: 2))
        try queue.push(id: 1, group: a, weight: 1, element: "")
        try queue.push(id: 2, group: a, weight: 1, element: "")
        #expect(throws: HashQueue<String>.Full.group) {
            try queue.push(id: 3, group: a, weight: 1, element: "")
        }
        try queue.push(id: 4, group: b, weight: 1, element: "")
        try queue.push(id: 5, group: c, weight: 1, element: "")
        #expect(throws: HashQueue<String>.Full.total) {
            try queue.push(id: 6, group: b, weight: 1, element: "")
        }
        #expect(queue.count == 4)
        _ = queue.pop()
        try queue.push(id: 7, group: a, weight: 1, element: "")
    }

    @Test func `a removed job is gone, once`() throws {
        var queue = HashQueue<String>()
        try queue.push(id: 1, group: a, weight: 1, element: "a1")
        try queue.push(id: 2, group: a, weight: 1, element: "a2")
        try queue.push(id: 3, group: b, weight: 1, element: "b1")
        #expect(queue.remove(2)?.element == "a2")
        #expect(queue.remove(2)?.element == nil)
        #expect(queue.remove(99)?.element == nil)
        #expect(queue.count == 2)
        #expect(queue.drain() == ["a1", "b1"])
        #expect(queue.remove(1)?.element == nil, "it has been taken already")
    }

    @Test func `withdrawing a heavy job buys one turn and no burst`() throws {
        var queue = HashQueue<String>()
        try queue.push(id: 1, group: a, weight: 100, element: "heavy")
        for id in 2...6 { try queue.push(id: UInt64(id), group: a, weight: 1, element: "a\(id)") }
        for id in 7...26 { try queue.push(id: UInt64(id), group: b, weight: 1, element: "b\(id)") }
        for _ in 0..<10 { _ = queue.pop() }
        _ = queue.remove(1)
        #expect(queue.drain().prefix(6) == ["a2", "a3", "b17", "a4", "b18", "a5"])
    }

    @Test func `an absent group saves up no turns`() throws {
        var queue = HashQueue<String>()
        for id in 1...10 { try queue.push(id: UInt64(id), group: a, weight: 1, element: "a\(id)") }
        for _ in 0..<6 { _ = queue.pop() }
        for id in 11...14 { try queue.push(id: UInt64(id), group: b, weight: 1, element: "b\(id)") }
        #expect(queue.drain() == ["a7", "b11", "a8", "b12", "a9", "b13", "a10", "b14"])
    }

    @Test func `a nonsensical weight neither breaks the sums nor jumps the line`() throws {
        var queue = HashQueue<String>()
        try queue.push(id: 1, group: a, weight: .max, element: "huge")
        try queue.push(id: 2, group: a, weight: .min, element: "negative")
        try queue.push(id: 3, group: b, weight: 0, element: "zero")
        #expect(queue.workAhead(of: c, weight: .max) <= 2_000_003)
        #expect(queue.work == 1_000_002)
        #expect(queue.drain() == ["zero", "huge", "negative"])
    }

    @Test func `emptying returns every job in the order of arrival`() throws {
        var queue = HashQueue<String>()
        for id in 1...6 {
            try queue.push(id: UInt64(id), group: id.isMultiple(of: 2) ? a : b, weight: 1, element: "\(id)")
        }
        #expect(queue.removeAll().map(\.element) == ["1", "2", "3", "4", "5", "6"])
        #expect(queue.count == 0)
        #expect(queue.pop() == nil)
    }

    /// Random histories of arrivals, services and withdrawals.
    @Test(arguments: TestSeed.cases(50))
    func `without later arrivals no job waits for more work than predicted`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var queue = HashQueue<UInt64>()
        let groups = (0..<6).map { FairnessGroup("\($0)") }
        var nextID: UInt64 = 0
        for _ in 0..<300 {
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<6:
                nextID += 1
                let group = groups[min(Int.random(in: 0..<12, using: &generator), 5)]
                let weight = Int.random(in: 0..<4, using: &generator) == 0 ? 9 : 1
                let foretold = queue.workAhead(of: group, weight: weight)
                try queue.push(id: nextID, group: group, weight: weight, element: nextID)
                var future = queue
                var served = 0
                while let entry = future.pop(), entry.element != nextID { served += entry.weight }
                #expect(served <= foretold)
            case 6..<9: _ = queue.pop()
            default: _ = queue.remove(UInt64.random(in: 0...nextID, using: &generator))
            }
        }
    }

    @Test func `groups that always wait get equal work, whatever their weights`() throws {
        var queue = HashQueue<Int>()
        let weights = [1, 3, 7]
        var served = [0, 0, 0]
        var nextID: UInt64 = 0
        func refill() throws {
            for (index, weight) in weights.enumerated() {
                nextID += 1
                try queue.push(id: nextID, group: FairnessGroup("\(index)"), weight: weight, element: index)
            }
        }
        for _ in 0..<200 { try refill() }
        for _ in 0..<150 {
            let popped = queue.pop()
            let entry = try #require(popped, "600 jobs wait")
            served[entry.element] += entry.weight
            let spread = (served.max() ?? 0) - (served.min() ?? 0)
            #expect(spread <= 7, "never apart by more than the heaviest job")
        }
        #expect(served.allSatisfy { $0 > 90 }, "\(served)")
    }
}

extension HashQueue {
    fileprivate mutating func drain() -> [Element] {
        var elements: [Element] = []
        while let entry = pop() { elements.append(entry.element) }
        return elements
    }
}
