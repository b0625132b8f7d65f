import Foundation
import Glibc
import Synchronization

/// A network of our own making: a Unix socket that passes on to another one, a fixed time later in each direction.
///
/// A Unix socket and not TCP, so that the cluster needs no port: then its rows differ from those of the plain socket in
/// the delay and in nothing else. What the line itself takes of the processors counts as the generator's.
final class DelayedLine: Sendable {
    /// Where its socket lies: what libpq calls a host.
    let folder: String
    let seconds: Double
    private let isStopping = Atomic<Bool>(false)
    private let ended = DispatchSemaphore(value: 0)
    private let delays = Mutex(DelayCounts())

    /// Starts to listen.
    /// - Parameters:
    ///   - folder: fresh; gets the socket.
    ///   - target: the socket of PostgreSQL, which has the same name.
    init(from folder: String, to target: String, seconds: Double) throws {
        self.folder = folder
        self.seconds = seconds
        let listener = try SocketConnect.listen(path: folder + "/" + PostgresCluster.socketName)
        Thread.detachNewThread { [self] in
            // A wire does not wait for a processor.
            Urgency.raise()
            var traffic = DelayedTraffic(listener: listener, target: target, delay: UInt64(seconds * 1e9))
            while !isStopping.load(ordering: .relaxed) {
                let passed = traffic.turn()
                if !passed.isEmpty { delays.withLock { $0.add(passed) } }
            }
            traffic.close()
            ended.signal()
        }
    }

    /// Cuts all connections; returns when the thread has ended.
    func stop() {
        isStopping.store(true, ordering: .relaxed)
        ended.wait()
    }

    /// What it really did, for people.
    var description: String {
        let asked = Number.fixed(seconds * 1000, 2)
        let found = delays.withLock { [$0.milliseconds(0.5), $0.milliseconds(0.99)] }.map { Number.fixed($0, 2) }
        return "network: \(asked) ms in each direction; measured between receiving and sending \(found[0]) ms at p50, "
            + "\(found[1]) ms at p99"
    }
}

/// How long bytes were on a line, in steps of 10 microseconds up to 10 milliseconds.
private struct DelayCounts {
    private static let step: UInt64 = 10_000
    private var counts = [Int](repeating: 0, count: 1000)

    mutating func add(_ nanoseconds: [UInt64]) {
        for value in nanoseconds { counts[min(Int(value / Self.step), counts.count - 1)] += 1 }
    }

    /// The upper end of the step that the fraction `quantile` of all did not exceed.
    func milliseconds(_ quantile: Double) -> Double {
        let rank = Double(counts.reduce(0, +)) * quantile
        var sum = 0
        for (index, count) in counts.enumerated() {
            sum += count
            if Double(sum) >= rank { return Double((UInt64(index) + 1) * Self.step) / 1e6 }
        }
        return 0
    }
}
