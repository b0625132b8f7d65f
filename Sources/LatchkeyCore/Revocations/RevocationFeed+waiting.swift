import LatchkeyTokens
import ServiceLifecycle
import Synchronization
import Waiting

extension RevocationFeed {
    /// The time between two wake-ups of all waiters: a burst of revocations is published in steps, a single one at
    /// once. It grows with the number of waiters, so that publishing does not take the processors away from revoking.
    /// It is short compared with the 200 ms within which a revocation must be known everywhere.
    private static func pace(after woken: Int) -> Duration {
        min(.milliseconds(100), max(.milliseconds(25), .microseconds(150) * woken))
    }
    /// How many polls of one address may wait on a timer, as a multiple of its places: a network of services behind one
    /// address is still told to wait, and a flood is not.
    private static let timersPerPlace = 16

    /// Holds until there is something newer than `query.after`, at most `seconds`. In a burst that is slightly later
    /// than a read without waiting would find it: it comes with the next wake-up, like for all waiters that have what
    /// the last one published.
    ///
    /// Never refuses. A poll that finds no place waits `next_update` without being told of news, and a poll without
    /// room for that either does not wait. A verifier whose polls fail would sooner or later refuse every token, so a
    /// client that takes all places would otherwise silence its neighbours' services.
    /// - Parameter address: the address whose waiters are counted together.
    package func wait(_ query: RevocationQuery, seconds: Duration, address: String) async {
        let first = read(query)
        guard let after = query.after, first.after == after, query.epoch != nil, seconds > .zero,
            first.isEmpty || state.withLock({ $0.isUntold(after) })
        else { return }
        let limits = settings.revocations
        let places = WaitingRoom<String>.Places(total: limits.maxWaiters, perKey: limits.maxWaitersPerAddress)
        let hadPlace = await waits.wait(address, places, until: .now + min(seconds, limits.maxWait)) {
            state.withLock { state in
                guard state.epoch == first.epoch, state.following?.isUnreadable != true else { return true }
                return state.isPaced ? !state.isUntold(after) : state.list.sequence != first.sequence
            }
        }
        // Only the pace of a burst would have held what is already there.
        guard !hadPlace, first.isEmpty else { return }
        let timerPlaces = WaitingRoom<String>.Places(
            total: limits.maxWaiters, perKey: max(limits.maxWaitersPerAddress, 1) * Self.timersPerPlace)
        _ = await timers.wait(address, timerPlaces, until: .now + min(seconds, limits.nextUpdate)) { false }
    }

    /// Answers every long poll at once and holds no new one: for shutdown.
    package func drain() {
        state.withLock { $0.isPaced = false }
        waits.drain()
        timers.drain()
    }

    /// Wakes waiters when something arrives and when their time is up, until shutdown; then drains.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.wakeByCommit() }
                group.addTask { await self.loadByCheck() }
                group.addTask { await self.waits.run() }
                group.addTask { await self.timers.run() }
            }
        }
        drain()
    }

    /// Five hundred verifiers that ask again after each of a thousand commits would cost more than the commits.
    private func wakeByCommit() async {
        state.withLock { state in
            state.isPaced = true
            state.told = state.list.sequence
        }
        // Commits before this loop listened woke their waiters themselves.
        for await _ in nudges.stream {
            state.withLock { $0.told = $0.list.sequence }
            let woken = waits.release()
            // Not the clock of the settings: this depends on the machine's load, not on the time of day.
            guard (try? await Task.sleep(for: Self.pace(after: woken))) != nil else { return }
        }
    }
}
