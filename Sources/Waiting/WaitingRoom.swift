import Synchronization

/// Tasks that wait for a change or until their time is up. Their number is bounded, in total and for each key.
/// Cancelled tasks are released, and all tasks at shutdown.
///
/// A time limit costs an entry here and no timer: ``run()`` looks for tasks whose time is up.
package final class WaitingRoom<Key: Hashable & Sendable>: Sendable {
    /// How many tasks may wait.
    package struct Places: Sendable {
        let total: Int
        let perKey: Int

        /// - Parameters:
        ///   - total: over all keys.
        ///   - perKey: for one key.
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

    /// The precision of the end of a wait.
    private static var tick: Duration { .milliseconds(200) }

    private let state = Mutex(State())

    /// Empty.
    package init() {}

    /// Tasks that have a place.
    package var count: Int { state.withLock { $0.taken } }

    /// Waits until `isOver`, which is checked again after each ``release(_:)`` for the key, until the time is up, or
    /// until the task is cancelled or the room drained.
    /// - Parameter isOver: must not take a lock under which ``release(_:)`` is called. Its state must change before the
    ///   release.
    /// - Returns: false, at once, when there is no place.
    package func wait(
        _ key: Key, _ places: Places, until deadline: ContinuousClock.Instant, unless isOver: () -> Bool
    ) async -> Bool {
        guard let id = enter(key, places) else { return false }
        defer { leave(id, key) }
        while !Task.isCancelled, .now < deadline {
            let waiter = Waiter<Void>()
            // Noted before the check, so that a change in between finds it here.
            guard note(Guest(key: key, waiter: waiter, deadline: deadline), id), !isOver() else { break }
            await waiter.value { waiter.release(()) }
        }
        return true
    }

    /// Makes tasks that wait for one of the keys check again; nil for all tasks.
    /// - Returns: how many tasks that were.
    @discardableResult
    package func release(_ keys: Set<Key>? = nil) -> Int {
        take { keys?.contains($0.key) ?? true }
    }

    /// Releases all tasks and holds none from now on.
    package func drain() {
        state.withLock { $0.isDrained = true }
        release()
    }

    /// Releases tasks whose time is up, until the task is cancelled.
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

    /// - Returns: false when no task is held any more.
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
