import Foundation

/// Runs one long, blocking piece of work on a thread of its own, off the cooperative pool.
enum OwnThread {
    static func run<Value: Sendable>(
        _ name: String, _ work: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
            let thread = Thread { continuation.resume(with: Result(catching: work)) }
            thread.name = name
            thread.start()
        }
    }
}
