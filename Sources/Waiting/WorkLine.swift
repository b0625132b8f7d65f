import Dispatch

/// Work that takes longer than an event loop has, one piece after the other on a thread aside. Who waits for its piece
/// holds no thread.
package struct WorkLine: Sendable {
    private let queue: DispatchQueue

    /// - Parameter label: for debuggers.
    package init(_ label: String) { queue = DispatchQueue(label: label, qos: .utility) }

    /// Runs `body` when all before it have ended, and waits for its end, cancelled or not.
    package func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        let waiter = Waiter<Result<Value, any Error>>()
        queue.async { waiter.release(Result(catching: body)) }
        return try await waiter.value().get()
    }
}
