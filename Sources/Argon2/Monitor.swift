internal import Glibc

/// State behind a lock, with threads of our own that can wait for a change.
///
/// `Synchronization.Mutex` has no condition variable, and hash threads sleep until there is work.
// Sendable: every access to `state` happens between lock and unlock of the one mutex.
@safe final class Monitor<State>: @unchecked Sendable {
    /// The decision of a waiting thread after it has looked at the state.
    enum Decision<Result> {
        case proceed(Result)
        /// Sleep until `wakeOne`, `wakeAll` or the time is up, then look again; nil sleeps without limit.
        case wait(atMost: Duration?)
    }

    // On the heap at fixed addresses, as POSIX requires; allocated in init, freed in deinit.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var state: State

    init(_ state: State) {
        self.state = state
        unsafe mutex = .allocate(capacity: 1)
        unsafe condition = .allocate(capacity: 1)
        unsafe mutex.initialize(to: pthread_mutex_t())
        unsafe condition.initialize(to: pthread_cond_t())
        var locking = pthread_mutexattr_t()
        unsafe pthread_mutexattr_init(&locking)
        // A hash thread with low priority must not keep an event loop waiting for the lock.
        unsafe pthread_mutexattr_setprotocol(&locking, Int32(PTHREAD_PRIO_INHERIT))
        unsafe pthread_mutex_init(mutex, &locking)
        unsafe pthread_mutexattr_destroy(&locking)
        var attributes = pthread_condattr_t()
        unsafe pthread_condattr_init(&attributes)
        // Waits must not stretch or end when the wall clock is set.
        unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        unsafe pthread_cond_init(condition, &attributes)
        unsafe pthread_condattr_destroy(&attributes)
    }

    deinit {
        unsafe pthread_cond_destroy(condition)
        unsafe pthread_mutex_destroy(mutex)
        unsafe condition.deallocate()
        unsafe mutex.deallocate()
    }

    /// Runs `body` with the lock held. It must neither block nor resume a continuation.
    func withLock<Result, Failure: Error>(
        _ body: (inout State) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        return try body(&state)
    }

    /// Blocks the calling thread until `decide` proceeds. Only for threads of our own.
    func waiting<Result>(_ decide: (inout State) -> Decision<Result>) -> Result {
        unsafe pthread_mutex_lock(mutex)
        defer { unsafe pthread_mutex_unlock(mutex) }
        while true {
            switch decide(&state) {
            case .proceed(let result): return result
            case .wait(nil): unsafe pthread_cond_wait(condition, mutex)
            case .wait(let limit?):
                var deadline = Self.instant(after: limit)
                unsafe pthread_cond_timedwait(condition, mutex, &deadline)
            }
        }
    }

    func wakeOne() { unsafe pthread_cond_signal(condition) }

    func wakeAll() { unsafe pthread_cond_broadcast(condition) }

    private static func instant(after limit: Duration) -> timespec {
        var now = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &now)
        let (seconds, attoseconds) = max(limit, .zero).components
        let nanoseconds = now.tv_nsec + Int(attoseconds / 1_000_000_000)
        // A day is longer than any wait of ours and keeps the sum far from overflow.
        return timespec(
            tv_sec: now.tv_sec + Int(min(seconds, 86_400)) + nanoseconds / 1_000_000_000,
            tv_nsec: nanoseconds % 1_000_000_000)
    }
}
