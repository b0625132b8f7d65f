/// The latencies of one kind of request over a run, each with the time at which its request was due.
///
/// Single precision: seven digits are finer than the clock of a process that is sometimes not scheduled, and a run of
/// ten minutes has millions of them.
struct Timeline: Sendable {
    private struct Sample {
        /// Seconds since the start of the run.
        let due: Float
        /// Seconds.
        let latency: Float
    }

    private var samples: [Sample] = []
    private(set) var failures = 0
    private(set) var firstFailure: String?

    /// Requests that were answered as they should be.
    var count: Int { samples.count }

    /// - Parameters:
    ///   - due: seconds since the start of the run at which the request should have been sent.
    ///   - latency: from then to the end of the answer, seconds.
    mutating func add(due: Double, latency: Double) {
        samples.append(Sample(due: Float(due), latency: Float(latency)))
    }

    mutating func fail(_ reason: String) {
        failures += 1
        if firstFailure == nil { firstFailure = reason }
    }

    /// Requests whose answer was there `seconds` after the start of the run.
    func finished(by seconds: Double) -> Int {
        samples.count { Double($0.due + $0.latency) <= seconds }
    }

    /// The latency in milliseconds that the fraction `quantile` of the requests due in `window` did not exceed; nil
    /// without any.
    func milliseconds(_ quantile: Double, in window: Range<Double> = 0..<Double.greatestFiniteMagnitude) -> Double? {
        Self.quantile(quantile, of: latencies(in: window))
    }

    /// ``milliseconds(_:in:)`` of each whole step of the run, with the middle of the step.
    func milliseconds(_ quantile: Double, every step: Double, upTo end: Double) -> [(seconds: Double, value: Double)] {
        var steps = [[Float]](repeating: [], count: max(0, Int(end / step)))
        for sample in samples {
            let index = Int(Double(sample.due) / step)
            if steps.indices.contains(index) { steps[index].append(sample.latency) }
        }
        return steps.enumerated().compactMap { index, latencies in
            Self.quantile(quantile, of: latencies).map { ((Double(index) + 0.5) * step, $0) }
        }
    }

    private func latencies(in window: Range<Double>) -> [Float] {
        samples.lazy.filter { window.contains(Double($0.due)) }.map(\.latency)
    }

    private static func quantile(_ quantile: Double, of latencies: [Float]) -> Double? {
        guard !latencies.isEmpty else { return nil }
        let sorted = latencies.sorted()
        let rank = Int((Double(sorted.count) * quantile).rounded(.up)) - 1
        return Double(sorted[min(max(rank, 0), sorted.count - 1)]) * 1000
    }
}
