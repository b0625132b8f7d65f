import Foundation
import Synchronization

/// Reads a figure again and again on a thread of its own while a load runs.
final class Sampler<Value: Sendable>: Sendable {
    private struct State {
        var samples: [(seconds: Double, value: Value)] = []
        var isStopping = false
    }

    private let state = Mutex(State())
    private let ended = DispatchSemaphore(value: 0)

    /// Starts reading. A read that throws leaves a gap.
    init(everyMilliseconds period: UInt32, _ read: @escaping @Sendable () throws -> Value) {
        let start = Stopwatch.now()
        Thread.detachNewThread { [self] in
            while !state.withLock({ $0.isStopping }) {
                if let value = try? read() {
                    let seconds = Stopwatch.seconds(from: start, to: Stopwatch.now())
                    state.withLock { $0.samples.append((seconds, value)) }
                }
                Stopwatch.sleep(milliseconds: period)
            }
            ended.signal()
        }
    }

    /// Ends the thread, once.
    /// - Returns: all that was read, with the time since the start.
    func stop() -> [(seconds: Double, value: Value)] {
        state.withLock { $0.isStopping = true }
        ended.wait()
        return state.withLock { $0.samples }
    }
}
