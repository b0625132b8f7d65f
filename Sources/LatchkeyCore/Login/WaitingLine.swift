import Synchronization
import Waiting

/// Lets one task at a time through for each key, in the order of arrival. Bounded; a cancelled task leaves the line at
/// once.
final class WaitingLine<Key: Hashable & Sendable>: Sendable {
    /// The line is full.
    struct Full: Error {}

    /// How a wait ends.
    private enum End {
        case turn
        case cancelled
    }

    private struct State {
        /// A key is present while a task has its turn.
        var lines: [Key: [Waiter<End>]] = [:]
        var waiting = 0
    }

    private let limit: Int
    private let limitPerKey: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: tasks waiting in all lines together.
    ///   - limitPerKey: tasks waiting in one.
    init(limit: Int, limitPerKey: Int) {
        self.limit = limit
        self.limitPerKey = limitPerKey
    }

    /// Runs `body` when it is this task's turn. The next task's `body` starts after this one has returned or thrown.
    /// - Throws: ``Full`` at once, `CancellationError`, whatever `body` throws.
    func inTurn<Value>(_ key: Key, _ body: () async throws -> Value) async throws -> Value {
        try await enter(key)
        defer { leave(key) }
        return try await body()
    }

    /// Tasks that are waiting, for tests and metrics.
    var waiting: Int { state.withLock { $0.waiting } }

    private func enter(_ key: Key) async throws {
        try Task.checkCancellation()
        let waiter = Waiter<End>()
        let isFirst = try state.withLock { state throws(Full) in
            guard let line = state.lines[key] else {
                state.lines[key] = []
                return true
            }
            guard line.count < limitPerKey, state.waiting < limit else { throw Full() }
            state.lines[key]?.append(waiter)
            state.waiting += 1
            return false
        }
        guard !isFirst else { return }
        let end = await waiter.value {
            if waiter.release(.cancelled) { self.remove(waiter, from: key) }
        }
        if end == .cancelled { throw CancellationError() }
    }

    private func remove(_ waiter: Waiter<End>, from key: Key) {
        state.withLock { state in
            // Unless the task that just left has already passed it over.
            guard let index = state.lines[key]?.firstIndex(where: { $0 === waiter }) else { return }
            state.lines[key]?.remove(at: index)
            state.waiting -= 1
        }
    }

    private func leave(_ key: Key) {
        // The next task owns the turn from now on: the key stays taken.
        while let next = next(key) { if next.release(.turn) { return } }
    }

    /// Takes the first task of the line; returns nil and frees the key when none waits.
    private func next(_ key: Key) -> Waiter<End>? {
        state.withLock { state in
            guard var line = state.lines[key], !line.isEmpty else {
                state.lines[key] = nil
                return nil
            }
            let next = line.removeFirst()
            state.lines[key] = line
            state.waiting -= 1
            return next
        }
    }
}
