import Foundation
import Testing
import Waiting

struct JobQueueTests {
    @Test func `jobs come out in order, as many as are asked for`() {
        let queue = JobQueue<Int>(limit: 5)
        for job in 1...5 { #expect(queue.push(job)) }
        #expect(!queue.push(6), "full")
        #expect(queue.take(most: 2) == [1, 2])
        #expect(queue.push(6))
        #expect(queue.take(most: 10) == [3, 4, 5, 6])
    }

    @Test func `a closed queue hands out what waits, then nothing`() {
        let queue = JobQueue<Int>(limit: 5)
        #expect(queue.push(1))
        queue.close()
        #expect(!queue.push(2))
        #expect(queue.take(most: 1) == [1])
        #expect(queue.take(most: 1) == [])
        #expect(queue.take(most: 1) == [])
    }

    @Test func `every job is taken once, and every thread comes home`() async throws {
        let queue = JobQueue<Int>(limit: 100_000)
        let taken = try await withThrowingTaskGroup(of: [Int].self) { group in
            for index in 0..<4 {
                group.addTask {
                    try await OwnThread.run("take-\(index)") {
                        var mine: [Int] = []
                        while true {
                            let jobs = queue.take(most: 3)
                            if jobs.isEmpty { return mine }
                            mine += jobs
                        }
                    }
                }
            }
            for index in 0..<4 {
                group.addTask {
                    for number in 0..<5_000 { _ = queue.push(index * 5_000 + number) }
                    return []
                }
            }
            var taken: [Int] = []
            for _ in 0..<4 { _ = try await group.next() }
            queue.close()
            for try await jobs in group { taken += jobs }
            return taken
        }
        #expect(taken.sorted() == Array(0..<20_000))
    }
}
