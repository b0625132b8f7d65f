/// What one row gave in one round.
struct Slice: Sendable {
    /// Requests or operations that succeeded.
    let count: Int
    /// From the common start to the last success.
    let seconds: Double
    /// Nanoseconds, ascending; empty for yardsticks. Of another program's load, as many quantiles.
    var latencies: [UInt64] = []
    var failures = 0
    var firstFailure: String?
    /// Processor time that the server took meanwhile; 0 for yardsticks.
    var serverCPUSeconds = 0.0
    /// The same of the generator.
    var generatorCPUSeconds = 0.0
    /// The same of a database in processes of its own; nil where there is none.
    var databaseCPUSeconds: Double?

    var perSecond: Double { seconds > 0 ? Double(count) / seconds : 0 }

    /// Microseconds of the server's processor time for each request.
    var serverMicroseconds: Double? { count > 0 ? serverCPUSeconds / Double(count) * 1e6 : nil }

    /// The same of the database's.
    var databaseMicroseconds: Double? {
        databaseCPUSeconds.flatMap { count > 0 ? $0 / Double(count) * 1e6 : nil }
    }

    /// The latency, in milliseconds, that the fraction `quantile` of the requests did not exceed.
    func latencyMilliseconds(_ quantile: Double) -> Double? {
        guard !latencies.isEmpty else { return nil }
        let rank = Int((Double(latencies.count) * quantile).rounded(.up)) - 1
        return Double(latencies[min(max(rank, 0), latencies.count - 1)]) / 1e6
    }
}
