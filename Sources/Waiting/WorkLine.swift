import Dispatch

/// Work that takes longer than an event loop can spend, one piece after the other on a separate thread. Waiting for a
/// piece holds no thread.
package struct WorkLine: Sendable {
    private let queue: DispatchQueue

    /// - Parameter label: for debuggers.
    package init(_ label: String) { queue = DispatchQueue(label: label, qos: .utility) }

    /// Runs `body` after all earlier pieces have ended, and waits for its end, cancelled or not.
    package func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        let waiter = Waiter<Result<Value, any Error>>()
        queue.async { waiter.release(Result(catching: body)) }
        return try await waiter.value().get()
    }
}
