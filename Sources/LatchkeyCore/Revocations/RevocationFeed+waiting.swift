import LatchkeyTokens
import ServiceLifecycle
import Synchronization
import Waiting

extension RevocationFeed {
    /// Between two wakings of all waiters: a burst of revocations is told in steps, one alone at once. Longer the more
    /// there are to be answered, so that telling does not take the processors from revoking; short beside the 200 ms
    /// within which a revocation is to be known everywhere.
    private static func pace(after woken: Int) -> Duration {
        min(.milliseconds(100), max(.milliseconds(25), .microseconds(150) * woken))
    }
    /// Of the places for one address, so many times as many of its polls may wait for a moment: a network of services
    /// behind one address is still told to wait, and a flood is not.
    private static let timersPerPlace = 16

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
        let places = WaitingRoom<String>.Places(total: limits.maxWaiters, perKey: limits.maxWaitersPerAddress)
        let hadPlace = await waits.wait(address, places, until: .now + min(seconds, limits.maxWait)) {
            state.withLock { state in
                state.isPaced ? !state.isUntold(after) : state.list.sequence != first.sequence
            }
        }
        // Only the pace of a burst would have held what is there already.
        guard !hadPlace, first.isEmpty else { return }
        let timerPlaces = WaitingRoom<String>.Places(
            total: limits.maxWaiters, perKey: max(limits.maxWaitersPerAddress, 1) * Self.timersPerPlace)
        _ = await timers.wait(address, timerPlaces, until: .now + min(seconds, limits.nextUpdate)) { false }
    }

    /// Answers every long poll at once and holds no new one: at shutdown.
    package func drain() {
        state.withLock { $0.isPaced = false }
        waits.drain()
        timers.drain()
    }

    /// Wakes those who wait, when something came and when their time is up, until shutdown; then drains.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.wakeByCommit() }
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
        // What was committed before this loop listened woke its waiters itself.
        for await _ in nudges.stream {
            state.withLock { $0.told = $0.list.sequence }
            let woken = waits.release()
            // Not the clock of the settings: this is about the machine's load, not about the time of day.
            guard (try? await Task.sleep(for: Self.pace(after: woken))) != nil else { return }
        }
    }
}
