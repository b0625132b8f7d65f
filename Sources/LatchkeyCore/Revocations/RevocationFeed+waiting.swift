import LatchkeyTokens
import ServiceLifecycle
import Synchronization

/// How a long poll ended.
package enum RevocationWait: Sendable, Equatable {
    /// Something newer came, or the time was up.
    case answered
    /// Too many waiters, even for a bare timer.
    case refused(retryAfter: Duration)
}

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
    /// - Parameter address: whose waiters are counted together.
    package func wait(_ query: RevocationQuery, seconds: Duration, address: String) async -> RevocationWait {
        let first = read(query)
        guard let after = query.after, first.after == after, query.epoch != nil, seconds > .zero,
            first.isEmpty || state.withLock({ $0.isUntold(after) })
        else { return .answered }
        let limits = settings.revocations
        let admission = state.withLock { state -> RevocationWaiters.Admission in
            state.isDraining
                ? .drain
                : state.waiters.admit(
                    address: address, total: limits.maxWaiters, perAddress: limits.maxWaitersPerAddress)
        }
        switch admission {
        case .drain: return .answered
        // Only the pace of a burst would have held what is there already: without a place it is told at once.
        case .refused: return first.isEmpty ? .refused(retryAfter: limits.nextUpdate) : .answered
        case .timerOnly:
            if first.isEmpty { try? await clock.sleep(min(limits.nextUpdate, seconds)) }
            state.withLock { $0.waiters.leaveTimer(address: address) }
            return .answered
        case .wait(let id):
            await suspend(id, after: after, seen: first.sequence, until: .now + min(seconds, limits.maxWait))
            state.withLock { $0.waiters.leave(id, address: address) }
            return .answered
        }
    }

    /// Suspends until woken, cancelled or out of time. Nothing is lost between the read and the wait: a commit or a
    /// waking in between has moved what is compared when the continuation is stored.
    private func suspend(
        _ id: UInt64, after: Int64, seen: Int64, until deadline: ContinuousClock.Instant
    ) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumeNow = state.withLock { state -> Bool in
                    let isOver = state.isPaced ? !state.isUntold(after) : state.list.sequence != seen
                    if isOver || state.isDraining || Task.isCancelled { return true }
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
            return state.waiters.removeAll()
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
                return state.waiters.removeAll()
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
