internal import Glibc
internal import LatchkeyBytes
internal import Synchronization
internal import Waiting

extension HashPool {
    /// The state that the hash threads hold. The pool itself is not part of it, so that it can be released and stop
    /// them.
    final class Core: Sendable {
        let monitor: Monitor<State>
        let niceness: Int32
        let maxQueueWait: Duration
        let idleRelease: Duration
        let reference: Argon2Parameters
        let hashing: @Sendable (Bool) -> Void
        let now: @Sendable () -> ContinuousClock.Instant
        let arenaReleased: @Sendable () -> Void
        /// The last thread has left its loop.
        let stopped = Completion()
        private let lastID = Atomic<UInt64>(0)

        init(
            state: State, niceness: Int32, maxQueueWait: Duration, idleRelease: Duration, reference: Argon2Parameters,
            hashing: @escaping @Sendable (Bool) -> Void, now: @escaping @Sendable () -> ContinuousClock.Instant,
            arenaReleased: @escaping @Sendable () -> Void
        ) {
            monitor = Monitor(state)
            self.niceness = niceness
            self.maxQueueWait = maxQueueWait
            self.idleRelease = idleRelease
            self.reference = reference
            self.hashing = hashing
            self.now = now
            self.arenaReleased = arenaReleased
        }

        func nextID() -> UInt64 { lastID.wrappingAdd(1, ordering: .relaxed).newValue }

        func submit(_ job: Job, id: UInt64, group: FairnessGroup, weight: Int) throws(HashPoolRefusal) {
            try monitor.withLock { (state) throws(HashPoolRefusal) in
                try state.admit(job, id: id, group: group, weight: weight, maxQueueWait: maxQueueWait)
            }
            monitor.wakeOne()
        }

        func checkRoom(group: FairnessGroup, weight: Int) throws(HashPoolRefusal) {
            try monitor.withLock { (state) throws(HashPoolRefusal) in
                try state.checkRoom(group: group, weight: weight, maxQueueWait: maxQueueWait)
            }
        }

        /// Removes a job that still waits; a running one may finish.
        func cancel(_ id: UInt64) {
            let entry = monitor.withLock { $0.queue.remove(id) }
            entry?.element.refuse(CancellationError())
        }

        /// Refuses waiting jobs and lets each thread end after its current job.
        func stop() {
            let waiting = monitor.withLock { state in
                state.isStopping = true
                let waiting = state.queue.removeAll()
                state.refused += waiting.count
                return waiting
            }
            for entry in waiting { entry.element.refuse(HashPoolRefusal.shuttingDown) }
            monitor.wakeAll()
        }

        /// Lowers the thread's priority, so that other threads go first.
        private func stepBack() {
            // On Linux the number 0 is the calling thread. If it fails, everything continues without it.
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
        }

        /// The life of one hash thread.
        func serve(thread: Int) {
            OwnThread.takeName("hash-\(thread)")
            stepBack()
            let worker = HashWorker(arena: Argon2Arena(reservingKiB: reference.memoryKiB))
            var lastUse = now()
            while true {
                switch nextStep(ofThread: thread, arena: worker.arena, lastUse: lastUse) {
                case .run(let job, let weight):
                    hashing(true)
                    let start = now()
                    let deliver = job.perform(worker)
                    lastUse = now()
                    hashing(false)
                    monitor.withLock { $0.finish(thread: thread, weight: weight, elapsed: lastUse - start) }
                    deliver()
                    worker.arena.trim()
                case .releaseArena:
                    worker.arena.release()
                    arenaReleased()
                case .stop:
                    leave()
                    return
                }
            }
        }

        private func nextStep(ofThread thread: Int, arena: Argon2Arena, lastUse: ContinuousClock.Instant) -> Step {
            monitor.waiting { state in
                if let step = state.nextStep(ofThread: thread) { return .proceed(step) }
                // With nothing resident there is nothing to wake up for.
                guard arena.isTouched else { return .wait(atMost: nil) }
                let left = idleRelease - (now() - lastUse)
                return left <= .zero ? .proceed(.releaseArena) : .wait(atMost: left)
            }
        }

        private func leave() {
            let isLast = monitor.withLock { state in
                state.liveThreads -= 1
                return state.liveThreads == 0
            }
            if isLast { stopped.finish() }
        }
    }

    /// Starts one thread. It takes no signals: those are for the main thread.
    static func startThread(_ index: Int, of core: Core) throws(HashPoolStartFailure) -> pthread_t {
        final class Start {
            let core: Core
            let index: Int
            init(core: Core, index: Int) {
                self.core = core
                self.index = index
            }
        }
        // Balanced by takeRetainedValue in the new thread, or below when there is none.
        let start = unsafe Unmanaged.passRetained(Start(core: core, index: index))
        core.monitor.withLock { $0.liveThreads += 1 }
        var handle = pthread_t()
        let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { raw in
            guard let raw = unsafe raw else { return nil }
            let start = unsafe Unmanaged<Start>.fromOpaque(raw).takeRetainedValue()
            var signals = sigset_t()
            unsafe sigfillset(&signals)
            unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
            start.core.serve(thread: start.index)
            return nil
        }
        let code = unsafe pthread_create(&handle, nil, main, start.toOpaque())
        guard code == 0 else {
            unsafe start.release()
            core.monitor.withLock { $0.liveThreads -= 1 }
            throw HashPoolStartFailure(errno: code)
        }
        return handle
    }
}

/// What a job may use while it runs on one of the pool's threads. It cannot be kept: not copyable, lent for the call.
package struct HashWorker: ~Copyable {
    let arena: Argon2Arena

    /// Hashes with Argon2id, a new 16-byte salt and a 32-byte tag.
    /// - Throws: `Argon2Failure`.
    package func hash(password: SecretBytes, parameters: Argon2Parameters) throws(Argon2Failure) -> PHCString {
        let salt = RandomBytes.make(PHCString.ownSaltLength)
        let tag = try arena.tag(
            parameters: parameters, password: password, salt: salt, count: PHCString.ownTagLength)
        return PHCString(variant: .argon2id, parameters: parameters, salt: salt, tag: tag)
    }

    /// Whether `password` has this hash; the tags are compared in constant time.
    /// - Throws: `Argon2Failure`.
    package func verify(password: SecretBytes, phc: PHCString) throws(Argon2Failure) -> Bool {
        let tag = try arena.tag(
            variant: phc.variant, parameters: phc.parameters, password: password, salt: phc.salt, count: phc.tag.count)
        return ConstantTime.equal(tag, phc.tag)
    }

    /// Whether `password` has this imported hash, in the first 72 bytes that bcrypt uses.
    /// - Throws: `BcryptFailure`.
    package func verifyBcrypt(password: SecretBytes, hash: BcryptHash) throws(BcryptFailure) -> Bool {
        try hash.verify(password)
    }
}
