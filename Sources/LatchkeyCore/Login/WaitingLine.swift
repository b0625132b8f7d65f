import Synchronization

/// Lets one task at a time through for each key, in the order in which they came. Bounded; a cancelled task leaves the
/// line at once.
final class WaitingLine<Key: Hashable & Sendable>: Sendable {
    /// The line is full.
    struct Full: Error {}

    private struct Waiter {
        let id: UInt64
        let continuation: CheckedContinuation<Void, any Error>
    }
    private struct State {
        var nextID: UInt64 = 0
        /// A key is present while somebody has its turn.
        var lines: [Key: [Waiter]] = [:]
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

    /// Runs `body` when it is this task's turn. `body` of the next one starts after this one has returned or thrown.
    /// - Throws: ``Full`` at once, `CancellationError`, whatever `body` throws.
    func inTurn<Value>(_ key: Key, _ body: () async throws -> Value) async throws -> Value {
        try await enter(key)
        defer { leave(key) }
        return try await body()
    }

    /// Tasks that wait now, for tests and metrics.
    var waiting: Int { state.withLock { $0.waiting } }

    private func enter(_ key: Key) async throws {
        try Task.checkCancellation()
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome: Result<Void, any Error>? = state.withLock { state in
                    guard let line = state.lines[key] else {
                        state.lines[key] = []
                        return .success(())
                    }
                    guard line.count < limitPerKey, state.waiting < limit else { return .failure(Full()) }
                    // The handler below may have run before there was anything to remove.
                    guard !Task.isCancelled else { return .failure(CancellationError()) }
                    state.lines[key]?.append(Waiter(id: id, continuation: continuation))
                    state.waiting += 1
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state.lines[key]?.firstIndex(where: { $0.id == id }) else { return nil }
                state.waiting -= 1
                return state.lines[key]?.remove(at: index)
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    private func leave(_ key: Key) {
        let next = state.withLock { state -> Waiter? in
            guard var line = state.lines[key], !line.isEmpty else {
                state.lines[key] = nil
                return nil
            }
            let next = line.removeFirst()
            state.lines[key] = line
            state.waiting -= 1
            return next
        }
        // Whoever comes next already owns the turn: the key stays taken.
        next?.continuation.resume()
    }
}
