import LatchkeyTokens
import ServiceLifecycle
import Synchronization

extension RevocationFeed {
    /// Between two wakings of all waiters: a burst of revocations is told in steps, one alone at once. Longer the more
    /// there are to be answered, so that telling does not take the processors from revoking; short beside the 200 ms
    /// within which a revocation is to be known everywhere.
    private static func pace(after woken: Int) -> Duration {
        min(.milliseconds(100), max(.milliseconds(25), .microseconds(150) * woken))
    }
    /// How exactly the end of a wait is kept.
    private static let tick: Duration = .milliseconds(200)

    /// Holds until there is something newer than `query.after`, at most `seconds`. In a burst that is a little later than
    /// a read without waiting would find it: with the next waking, like everybody who has what the last one told.
    ///
    /// Never refuses: who finds no place waits `next_update` without being told of news, and who finds no room for that
    /// either does not wait. A verifier whose polls fail would sooner or later refuse every token, so that whoever takes
    /// all places would silence its neighbours' services.
    /// - Parameter address: whose waiters are counted together.
    package func wait(_ query: RevocationQuery, seconds: Duration, address: String) async {
        let first = read(query)
        guard let after = query.after, first.after == after, query.epoch != nil, seconds > .zero,
            first.isEmpty || state.withLock({ $0.isUntold(after) })
        else { return }
        let limits = settings.revocations
        let admission = state.withLock { state -> RevocationWaiters.Admission in
            state.isDraining
                ? .noPlace
                : state.waiters.admit(
                    address: address, total: limits.maxWaiters, perAddress: limits.maxWaitersPerAddress)
        }
        switch admission {
        case .noPlace:
            return
        case .timer(let id):
            // Only the pace of a burst would have held what is there already.
            if first.isEmpty {
                await suspend(id, until: .now + min(seconds, limits.nextUpdate)) { _ in false }
            }
            state.withLock { $0.waiters.leave(id, address: address) }
        case .wait(let id):
            await suspend(id, until: .now + min(seconds, limits.maxWait)) { state in
                // Nothing is lost between the read and the wait: a commit or a waking in between has moved this.
                state.isPaced ? !state.isUntold(after) : state.list.sequence != first.sequence
            }
            state.withLock { $0.waiters.leave(id, address: address) }
        }
    }

    /// Suspends until woken, cancelled or out of time, or not at all when `isOver` already.
    private func suspend(
        _ id: RevocationWaiters.ID, until deadline: ContinuousClock.Instant,
        unless isOver: @escaping @Sendable (State) -> Bool
    ) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumeNow = state.withLock { state -> Bool in
                    if isOver(state) || state.isDraining || Task.isCancelled { return true }
                    state.waiters.park(id, continuation, until: deadline)
                    return false
                }
                if resumeNow { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.unpark(id) }?.resume()
        }
    }

    /// Answers every long poll at once and holds no new one: at shutdown.
    package func drain() {
        let woken = state.withLock { state in
            state.isDraining = true
            state.isPaced = false
            return state.waiters.removeEverybody()
        }
        for waiter in woken { waiter.resume() }
    }

    /// Wakes those who wait, when something came and when their time is up, until shutdown; then drains.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.wakeByCommit() }
                group.addTask { await self.wakeByTime() }
            }
        }
        drain()
    }

    /// Five hundred verifiers that ask again after each of a thousand commits would cost more than the commits.
    private func wakeByCommit() async {
        state.withLock { state in
            state.isPaced = !state.isDraining
            state.told = state.list.sequence
        }
        // What was committed before this loop listened woke its waiters itself.
        for await _ in nudges.stream {
            let woken = state.withLock { state in
                state.told = state.list.sequence
                return state.waiters.removeForNews()
            }
            for waiter in woken { waiter.resume() }
            // Not the clock of the settings: this is about the machine's load, not about the time of day.
            guard (try? await Task.sleep(for: Self.pace(after: woken.count))) != nil else { return }
        }
    }

    private func wakeByTime() async {
        while (try? await Task.sleep(for: Self.tick)) != nil {
            let due = state.withLock { $0.waiters.removeDue(at: .now) }
            for waiter in due { waiter.resume() }
        }
    }
}
