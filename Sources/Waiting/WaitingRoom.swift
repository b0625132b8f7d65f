import Synchronization

/// Tasks that wait for something to change or for their time to be up: bounded in all and for each key, let go of when
/// they are cancelled, all of them at shutdown.
///
/// A time limit costs an entry here and no timer: ``run()`` looks for those whose time is up.
package final class WaitingRoom<Key: Hashable & Sendable>: Sendable {
    /// How many may wait.
    package struct Places: Sendable {
        let total: Int
        let perKey: Int

        /// - Parameters:
        ///   - total: in all.
        ///   - perKey: of one key.
        package init(total: Int, perKey: Int) {
            self.total = total
            self.perKey = perKey
        }
    }

    private struct Guest {
        let key: Key
        let waiter: Waiter<Void>
        let deadline: ContinuousClock.Instant
    }

    private struct State {
        var nextID: UInt64 = 0
        var taken = 0
        var takenByKey: [Key: Int] = [:]
        var guests: [UInt64: Guest] = [:]
        var isDrained = false
    }

    /// How exactly the end of a wait is kept.
    private static var tick: Duration { .milliseconds(200) }

    private let state = Mutex(State())

    /// Empty.
    package init() {}

    /// Tasks that have a place.
    package var count: Int { state.withLock { $0.taken } }

    /// Waits until `isOver`, which is asked again after each ``release(_:)`` that means the key, until the time is up,
    /// or until the task is cancelled or the room drained.
    /// - Parameter isOver: not under a lock under which ``release(_:)`` is called. What it looks at is changed before.
    /// - Returns: false, at once, when there is no place.
    package func wait(
        _ key: Key, _ places: Places, until deadline: ContinuousClock.Instant, unless isOver: () -> Bool
    ) async -> Bool {
        guard let id = enter(key, places) else { return false }
        defer { leave(id, key) }
        while !Task.isCancelled, .now < deadline {
            let waiter = Waiter<Void>()
            // Noted before the look, so that a change in between finds it here.
            guard note(Guest(key: key, waiter: waiter, deadline: deadline), id), !isOver() else { break }
            await waiter.value { waiter.release(()) }
        }
        return true
    }

    /// Has those who wait for one of the keys look again; nil: everybody.
    /// - Returns: how many that were.
    @discardableResult
    package func release(_ keys: Set<Key>? = nil) -> Int {
        take { keys?.contains($0.key) ?? true }
    }

    /// Lets go of everybody and holds nobody any more.
    package func drain() {
        state.withLock { $0.isDrained = true }
        release()
    }

    /// Lets go of those whose time is up, until the task is cancelled.
    package func run() async {
        while (try? await Task.sleep(for: Self.tick)) != nil {
            let now = ContinuousClock.now
            take { $0.deadline <= now }
        }
    }

    @discardableResult
    private func take(_ isMeant: (Guest) -> Bool) -> Int {
        let released = state.withLock { state in
            let released = state.guests.filter { isMeant($0.value) }
            for id in released.keys { state.guests[id] = nil }
            return released
        }
        for guest in released.values { guest.waiter.release(()) }
        return released.count
    }

    private func enter(_ key: Key, _ places: Places) -> UInt64? {
        state.withLock { state in
            guard state.taken < places.total, state.takenByKey[key, default: 0] < places.perKey else { return nil }
            state.taken += 1
            state.takenByKey[key, default: 0] += 1
            state.nextID += 1
            return state.nextID
        }
    }

    /// - Returns: false when nobody is held any more.
    private func note(_ guest: Guest, _ id: UInt64) -> Bool {
        state.withLock { state in
            guard !state.isDrained else { return false }
            state.guests[id] = guest
            return true
        }
    }

    private func leave(_ id: UInt64, _ key: Key) {
        state.withLock { state in
            state.guests[id] = nil
            state.taken -= 1
            let left = state.takenByKey[key, default: 1] - 1
            state.takenByKey[key] = left > 0 ? left : nil
        }
    }
}
