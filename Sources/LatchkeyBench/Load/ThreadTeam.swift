import Foundation
import Synchronization

/// Runs a blocking body on threads of its own.
enum ThreadTeam {
    /// Where the threads put what they have found.
    private final class Results<Value: Sendable>: Sendable {
        let slots: Mutex<[Result<Value, any Error>?]>

        init(count: Int) { slots = Mutex(Array(repeating: nil, count: count)) }
    }

    /// Calls `body` with 0 to `count` - 1, each on its own thread, and returns when all have ended.
    /// - Returns: what the bodies returned, in that order.
    /// - Throws: the first body's error, after all have ended.
    static func run<Value: Sendable>(
        count: Int, _ body: @escaping @Sendable (Int) throws -> Value
    ) throws -> [Value] {
        let results = Results<Value>(count: count)
        let running = DispatchGroup()
        for index in 0..<count {
            running.enter()
            let thread = Thread {
                let result = Result { try body(index) }
                results.slots.withLock { $0[index] = result }
                running.leave()
            }
            thread.start()
        }
        running.wait()
        return try results.slots.withLock { $0 }.compactMap { try $0?.get() }
    }
}
