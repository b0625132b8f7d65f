internal import Glibc
internal import Synchronization
internal import Waiting

/// Computes password hashes on a fixed number of threads of its own, behind a short, fair queue.
///
/// Hashing deliberately takes tens of milliseconds of processor time and megabytes of memory. It therefore never runs
/// on the cooperative pool, never holds more memory than threads × cost, and refuses at once when the queue could not
/// be served in time. The threads end with `shutdown()`, or with the pool.
package final class HashPool: Sendable {
    let core: Core
    private let threads: [pthread_t]
    /// Whether the threads have been joined (or are about to be), which may happen only once.
    private let isJoined = Mutex(false)

    /// Starts the threads.
    /// - Parameters:
    ///   - threads: 1 or more; this many hashes run at a time. Usually the number of processors.
    ///   - niceness: how much less of a busy processor they get than the threads that answer, 0 to 19: beside one of
    ///     those, about a tenth with 10. Hashing can fill every processor for as long as a flood of logins lasts, and a
    ///     response that takes microseconds must not wait for a hash that takes milliseconds. On an otherwise idle
    ///     machine it costs hashing nothing.
    ///   - maxQueueWait: a job whose expected wait is longer is refused.
    ///   - idleRelease: after this long without a hash, a thread returns its memory to the system.
    ///   - reference: the parameters in force. Each arena is reserved for them, and they weigh 1 in the queue.
    ///   - hashing: called on a hash thread before (true) and after each job.
    ///   - now: the clock for job durations and idleness, replaced in tests.
    /// - Throws: `HashPoolStartFailure` when the system gives no thread.
    package convenience init(
        threads: Int,
        niceness: Int = 0,
        maxQueueWait: Duration,
        idleRelease: Duration = .seconds(60),
        reference: Argon2Parameters = .default,
        hashing: @escaping @Sendable (Bool) -> Void = { _ in },
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) throws(HashPoolStartFailure) {
        try self.init(
            threads: threads, niceness: niceness, maxQueueWait: maxQueueWait, idleRelease: idleRelease,
            reference: reference, hashing: hashing, now: now, limits: HashQueue<Job>.Limits(), arenaReleased: {})
    }

    /// With the limits of the queue and an observer that a hash thread calls after it returned its memory.
    init(
        threads: Int, niceness: Int = 0, maxQueueWait: Duration, idleRelease: Duration, reference: Argon2Parameters,
        hashing: @escaping @Sendable (Bool) -> Void = { _ in },
        now: @escaping @Sendable () -> ContinuousClock.Instant, limits: HashQueue<Job>.Limits,
        arenaReleased: @escaping @Sendable () -> Void
    ) throws(HashPoolStartFailure) {
        precondition(threads > 0, "a pool without threads would never answer")
        let core = Core(
            state: State(threads: threads, limits: limits), niceness: Int32(clamping: niceness),
            maxQueueWait: maxQueueWait, idleRelease: idleRelease,
            reference: reference, hashing: hashing, now: now, arenaReleased: arenaReleased)
        var started: [pthread_t] = []
        for index in 0..<threads {
            do {
                started.append(try Self.startThread(index, of: core))
            } catch {
                core.stop()
                for thread in started { pthread_join(thread, nil) }
                throw error
            }
        }
        self.core = core
        self.threads = started
    }

    deinit {
        core.stop()
        // No caller waits for them any more; each ends after its current job and frees itself.
        if !isJoined.withLock({ $0 }) { for thread in threads { pthread_detach(thread) } }
    }

    /// Runs `job` on a hash thread and returns its result.
    ///
    /// Cancelling the waiting task removes the job from the queue; a job that already runs finishes.
    /// - Parameters:
    ///   - group: takes turns with the other groups in the queue.
    ///   - weight: expected cost, in multiples of a hash with the reference parameters.
    /// - Throws: `HashPoolRefusal`, at once; `CancellationError`; the errors of `job`.
    package func run<Value: Sendable>(
        group: FairnessGroup, weight: Int = 1,
        _ job: @escaping @Sendable (borrowing HashWorker) throws -> Value
    ) async throws -> Value {
        try Task.checkCancellation()
        let id = core.nextID()
        let waiter = Waiter<Result<Value, any Error>>()
        let erased = Job(
            perform: { worker in
                let result: Result<Value, any Error>
                do { result = .success(try job(worker)) } catch { result = .failure(error) }
                return { waiter.release(result) }
            },
            refuse: { waiter.release(.failure($0)) })
        try core.submit(erased, id: id, group: group, weight: weight)
        // Continues to wait while the job runs: a caller that hung up is still charged for the attempt that was made.
        return try await waiter.value { core.cancel(id) }.get()
    }

    /// Refuses, and counts as refused, what ``run(group:weight:_:)`` would refuse now: for a caller that must do more
    /// before there is a job.
    /// - Throws: `HashPoolRefusal`.
    package func checkRoom(group: FairnessGroup, weight: Int = 1) throws(HashPoolRefusal) {
        try core.checkRoom(group: group, weight: weight)
    }

    /// Refuses waiting jobs, lets running ones finish, and returns when all threads have ended. Safe to call again.
    package func shutdown() async {
        core.stop()
        await core.stopped.wait()
        let isFirst = isJoined.withLock { joined in
            defer { joined = true }
            return !joined
        }
        // They have left their loops, so this waits for a few instructions at most.
        if isFirst { for thread in threads { pthread_join(thread, nil) } }
    }

    /// Makes sleeping threads check the clock again; a test that moves its clock calls this.
    func wakeIdleThreads() { core.monitor.wakeAll() }
}

/// The pool accepts no job now. Answered at once: a refused caller has not waited.
package enum HashPoolRefusal: Error, Equatable {
    /// The expected wait is over the limit, or the queue is full. `retryAfter` is whole seconds, 1 to 60.
    case overloaded(retryAfter: Duration)
    /// The server is stopping.
    case shuttingDown
}

/// The system gave the pool no thread.
package struct HashPoolStartFailure: Error, Equatable {
    /// The system's error number.
    package let errno: Int32
}

extension HashPool {
    /// The weight of a hash with these parameters in the queue: its work in multiples of the reference, at least 1.
    package func weight(of parameters: Argon2Parameters) -> Int {
        let ratio = Double(parameters.workKiB) / Double(core.reference.workKiB)
        return max(1, Int(ratio.rounded()))
    }

    /// The weight of a bcrypt hash. Cost 9 takes about as long as the default Argon2id parameters, and each step
    /// doubles.
    package static func weight(of hash: BcryptHash) -> Int { 1 << max(0, hash.cost - 9) }
}
