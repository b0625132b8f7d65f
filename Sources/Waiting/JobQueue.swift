import DequeModule
import Dispatch
import Synchronization

/// A bounded queue between many tasks and a few threads of our own.
package final class JobQueue<Job: Sendable>: Sendable {
    private struct State {
        var jobs: Deque<Job> = []
        var closed = false
        /// Threads that sleep, or are about to, and were not woken yet.
        var sleepers = 0
    }

    private let state = Mutex(State())
    /// One signal for each sleeper that is woken.
    private let calls = DispatchSemaphore(value: 0)
    private let limit: Int

    /// - Parameter limit: how many jobs may wait.
    package init(limit: Int) { self.limit = limit }

    /// False when the queue is full or closed; the job was not taken.
    package func push(_ job: Job) -> Bool {
        let (taken, wakes) = state.withLock { state -> (Bool, Bool) in
            guard !state.closed, state.jobs.count < limit else { return (false, false) }
            state.jobs.append(job)
            guard state.sleepers > 0 else { return (true, false) }
            state.sleepers -= 1
            return (true, true)
        }
        // No thread is woken while all are busy: they check here before they sleep.
        if wakes { calls.signal() }
        return taken
    }

    /// Blocks the calling thread until there is a job, and takes up to `most` in order. Empty once the queue is closed
    /// and drained.
    package func take(most: Int) -> [Job] {
        while true {
            let taken = state.withLock { state -> [Job]? in
                if state.jobs.isEmpty, !state.closed {
                    state.sleepers += 1
                    return nil
                }
                return Self.remove(most, from: &state)
            }
            if let taken { return taken }
            calls.wait()
        }
    }

    /// The same without waiting: empty when there is none at the moment.
    package func takeNow(most: Int) -> [Job] { state.withLock { Self.remove(most, from: &$0) } }

    private static func remove(_ most: Int, from state: inout State) -> [Job] {
        // One job is the usual case, and a slice of one costs ten times as much in a generic type of another module.
        if most == 1 || state.jobs.count == 1, !state.jobs.isEmpty { return [state.jobs.removeFirst()] }
        let taken = Array(state.jobs.prefix(most))
        state.jobs.removeFirst(taken.count)
        return taken
    }

    /// Refuses further jobs; waiting jobs are still handed out.
    package func close() {
        let sleepers = state.withLock { state -> Int in
            defer { state.sleepers = 0 }
            state.closed = true
            return state.sleepers
        }
        for _ in 0..<sleepers { calls.signal() }
    }

    package var count: Int { state.withLock { $0.jobs.count } }
}
