import Foundation

/// Threads for blocking work, off the cooperative pool.
package enum OwnThread {
    /// Starts a thread.
    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        Thread {
            takeName(name)
            body()
        }.start()
    }

    /// Starts a thread that has `value` for itself from now on.
    package static func start<Value>(
        _ name: String, owning value: sending Value, _ body: @escaping @Sendable (consuming Value) -> Void
    ) {
        // Sent by the caller, used only by the thread.
        nonisolated(unsafe) let value = value
        Thread {
            takeName(name)
            unsafe body(value)
        }.start()
    }

    /// Runs one long piece of work and waits for its end, cancelled or not.
    package static func run<Value: Sendable>(
        _ name: String, _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        let waiter = Waiter<Result<Value, any Error>>()
        start(name) { waiter.release(Result(catching: work)) }
        return try await waiter.value().get()
    }

    /// Names the calling thread, for `top -H` and similar tools. Not through Foundation, whose thread may run before it
    /// is known which one it is. If it fails, everything continues without a name.
    /// - Parameter name: up to 15 bytes are shown.
    package static func takeName(_ name: String) {
        let file = unsafe open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = unsafe write(file, name, name.utf8.count)
        close(file)
    }
}
