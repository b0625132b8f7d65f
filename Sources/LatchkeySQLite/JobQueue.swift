import Foundation

/// A bounded queue between many tasks and a few own threads.
///
/// `@unchecked Sendable`: every access to `jobs` and `closed` happens between `lock()` and `unlock()` of `condition`.
final class JobQueue<Job: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private let limit: Int
    private var jobs: [Job] = []
    private var closed = false

    /// - Parameter limit: how many jobs may wait.
    init(limit: Int) { self.limit = limit }

    /// False when the queue is full or closed; the job was not taken then.
    func push(_ job: Job) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard !closed, jobs.count < limit else { return false }
        jobs.append(job)
        condition.signal()
        return true
    }

    /// Blocks the calling thread until there is a job, and takes up to `most` in order. Empty once the queue is closed
    /// and drained.
    func take(most: Int) -> [Job] {
        condition.lock()
        defer { condition.unlock() }
        while jobs.isEmpty, !closed { condition.wait() }
        let taken = Array(jobs.prefix(most))
        jobs.removeFirst(taken.count)
        return taken
    }

    /// Refuses further jobs; those that wait are still handed out.
    func close() {
        condition.lock()
        closed = true
        condition.broadcast()
        condition.unlock()
    }

    var count: Int {
        condition.lock()
        defer { condition.unlock() }
        return jobs.count
    }
}
