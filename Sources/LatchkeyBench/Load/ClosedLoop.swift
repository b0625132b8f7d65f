import Foundation
import Glibc
import Synchronization

/// A load in which each connection sends its next request when the last one was answered.
///
/// Latency under such a load is what that many patient clients see; it says nothing of a queue that grows because more
/// arrives than can be served.
struct ClosedLoop: Sendable {
    let endpoint: Endpoint
    /// Process whose processor time counts as the server's.
    let server: ServerFigures
    /// Requests begin for so long; those under way are waited for.
    let seconds: Double

    /// A connection that fails so often gives up.
    private static let mostFailures = 5

    private struct Share: Sendable {
        var latencies: [UInt64] = []
        var failures: [String] = []
        var last: UInt64 = 0
    }

    /// Drives one connection per element of `states`.
    /// - Parameter step: one request and its answer; throwing counts as a failure. May change its connection's state.
    /// - Returns: the figures, and the states as they are afterwards.
    func run<State: Sendable>(
        _ states: [State], _ step: @escaping @Sendable (HTTPConnection, inout State) throws -> Void
    ) throws -> (Slice, [State]) {
        let before = (server: try server.cpuSeconds(), generator: ServerFigures.ownCPUSeconds())
        let start = Stopwatch.now()
        let end = Stopwatch.after(seconds)
        let shares = try ThreadTeam.run(count: states.count) { index in
            var state = states[index]
            let share = try drive(until: end, &state, step)
            return (share, state)
        }
        let finish = shares.map(\.0.last).max() ?? start
        let latencies = shares.flatMap(\.0.latencies).sorted()
        let failures = shares.flatMap(\.0.failures)
        let slice = Slice(
            count: latencies.count, seconds: Stopwatch.seconds(from: start, to: finish), latencies: latencies,
            failures: failures.count, firstFailure: failures.first,
            serverCPUSeconds: try server.cpuSeconds() - before.server,
            generatorCPUSeconds: ServerFigures.ownCPUSeconds() - before.generator)
        return (slice, shares.map(\.1))
    }

    private func drive<State>(
        until end: UInt64, _ state: inout State, _ step: (HTTPConnection, inout State) throws -> Void
    ) throws -> Share {
        var share = Share()
        share.latencies.reserveCapacity(Int(seconds * 20_000))
        var connection = try HTTPConnection(endpoint)
        var begin = Stopwatch.now()
        while begin < end, share.failures.count < Self.mostFailures {
            do {
                try step(connection, &state)
                let done = Stopwatch.now()
                share.latencies.append(done - begin)
                share.last = done
                begin = done
            } catch {
                share.failures.append("\(error)")
                connection = try HTTPConnection(endpoint)
                begin = Stopwatch.now()
            }
        }
        return share
    }
}

/// What one row gave in one round.
struct Slice: Sendable {
    /// Requests or operations that succeeded.
    let count: Int
    /// From the common start to the last success.
    let seconds: Double
    /// Nanoseconds, ascending; empty for yardsticks.
    var latencies: [UInt64] = []
    var failures = 0
    var firstFailure: String?
    /// Processor time that the server took meanwhile; 0 for yardsticks.
    var serverCPUSeconds = 0.0
    /// The same of this process.
    var generatorCPUSeconds = 0.0

    var perSecond: Double { seconds > 0 ? Double(count) / seconds : 0 }

    /// The latency, in milliseconds, that the fraction `quantile` of the requests did not exceed.
    func latencyMilliseconds(_ quantile: Double) -> Double? {
        guard !latencies.isEmpty else { return nil }
        let rank = Int((Double(latencies.count) * quantile).rounded(.up)) - 1
        return Double(latencies[min(max(rank, 0), latencies.count - 1)]) / 1e6
    }
}

/// The monotonic clock, in nanoseconds since some point before this process.
enum Stopwatch {
    static func now() -> UInt64 {
        var time = timespec()
        // The call fills our local.
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Seconds from `start` to `end`.
    static func seconds(from start: UInt64, to end: UInt64) -> Double {
        end > start ? Double(end - start) / 1e9 : 0
    }

    /// The instant `seconds` from now.
    static func after(_ seconds: Double) -> UInt64 { now() + UInt64(seconds * 1e9) }

    /// Lets the calling thread rest.
    static func sleep(milliseconds: UInt32) { usleep(milliseconds * 1000) }
}

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
