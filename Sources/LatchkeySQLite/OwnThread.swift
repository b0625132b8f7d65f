import Foundation
import Synchronization

/// Threads for blocking work, off the cooperative pool.
enum OwnThread {
    /// Starts a thread that has `value` for itself from now on.
    static func start<Value>(
        _ name: String, owning value: sending Value, _ body: @escaping @Sendable (consuming Value) -> Void
    ) {
        // Sent by the caller, used by the thread alone.
        nonisolated(unsafe) let value = value
        Thread {
            takeName(name)
            unsafe body(value)
        }.start()
    }

    /// Names the calling thread, for `top -H` and its kind. Not by Foundation, whose thread may run before it is known
    /// which one it is. Where it fails, everything goes on as without it.
    private static func takeName(_ name: String) {
        try? Data(name.utf8).write(to: URL(filePath: "/proc/thread-self/comm"))
    }

    /// Runs one long piece of work and waits for its end.
    static func run<Value: Sendable>(
        _ name: String, _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
            Thread {
                takeName(name)
                continuation.resume(with: Result(catching: work))
            }.start()
        }
    }
}

/// The end of a thread, which tasks can wait for.
final class Completion: Sendable {
    private enum State {
        case pending([CheckedContinuation<Void, Never>])
        case finished
    }

    private let state = Mutex(State.pending([]))

    func finish() {
        let waiting = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            defer { state = .finished }
            guard case .pending(let waiting) = state else { return [] }
            return waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let finished = state.withLock { state -> Bool in
                guard case .pending(let waiting) = state else { return true }
                state = .pending(waiting + [continuation])
                return false
            }
            if finished { continuation.resume() }
        }
    }
}
