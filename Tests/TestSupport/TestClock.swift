package import LatchkeyCore
package import LatchkeyTokens
import Synchronization
import Waiting

/// A clock that stands still until a test moves it.
package final class TestClock: Sendable {
    /// What it shows, and how much of that is not time that has passed.
    private let hands: Mutex<(now: Timestamp, jumped: Duration)>

    /// Starts at a whole second.
    package init(_ start: Timestamp = Timestamp(seconds: 1_795_420_800)) { hands = Mutex((start, .zero)) }

    package var now: Timestamp { hands.withLock { $0.now } }

    package func advance(by duration: Duration) { hands.withLock { $0.now = $0.now + duration } }

    package func set(_ now: Timestamp) { hands.withLock { $0.now = now } }

    /// Shows another time, ahead or back, although none has passed.
    package func jump(by duration: Duration) {
        hands.withLock { $0 = ($0.now + duration, $0.jumped + duration) }
    }

    /// Short sleeps that last until the test ends them.
    private struct Held {
        var isHolding = false
        var sleepers: [Waiter<Void>] = []
        var watchers: [Waiter<Void>] = []
    }

    private let held = Mutex(Held())

    /// From now on a short sleep lasts until ``releaseSleeps()``, which the test has to call before it ends.
    package func holdSleeps() { held.withLock { $0.isHolding = true } }

    /// Ends the sleeps that are held, and holds no more.
    package func releaseSleeps() {
        let sleepers = held.withLock { held in
            defer { held.sleepers = [] }
            held.isHolding = false
            return held.sleepers
        }
        for sleeper in sleepers { sleeper.release(()) }
    }

    /// Returns when a sleep is held.
    package func waitForSleeper() async {
        let waiter = Waiter<Void>()
        let isThere = held.withLock { held in
            if held.sleepers.isEmpty { held.watchers.append(waiter) }
            return !held.sleepers.isEmpty
        }
        if !isThere { await waiter.value() }
    }

    private func waitWhileHeld() async {
        let sleeper = Waiter<Void>()
        let watchers = held.withLock { held -> [Waiter<Void>]? in
            guard held.isHolding else { return nil }
            held.sleepers.append(sleeper)
            defer { held.watchers = [] }
            return held.watchers
        }
        guard let watchers else { return }
        for watcher in watchers { watcher.release(()) }
        await sleeper.value()
    }

    /// The clock as the program sees it. A short sleep (waiting for the next second) moves the time and returns; a long
    /// one is background work, which tests start by hand, so it lasts until it is cancelled.
    package var clock: Clock {
        Clock(
            now: { self.now },
            sleep: { duration in
                if duration <= .seconds(3) {
                    await self.waitWhileHeld()
                    self.advance(by: duration)
                } else {
                    try await Task.sleep(for: .seconds(3600))
                }
            },
            uptime: { self.hands.withLock { .milliseconds($0.now.milliseconds) - $0.jumped } })
    }
}
