import Synchronization

/// Something that ends once, such as a thread, and that tasks can wait for. Cancelling a task does not end its wait.
package final class Completion: Sendable {
    /// Nil once it has ended.
    private let waiters = Mutex<[Waiter<Void>]?>([])

    /// Has not ended yet.
    package init() {}

    /// Marks it as ended. May be called again.
    package func finish() {
        let waiting = waiters.withLock { waiters in
            defer { waiters = nil }
            return waiters ?? []
        }
        for waiter in waiting { waiter.release(()) }
    }

    /// Returns when it has ended.
    package func wait() async {
        let waiter = Waiter<Void>()
        let hasEnded = waiters.withLock { waiters in
            waiters?.append(waiter)
            return waiters == nil
        }
        if !hasEnded { await waiter.value() }
    }
}
