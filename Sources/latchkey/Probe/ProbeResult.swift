import Foundation
import LatchkeyCore

/// The result of a probe in one mode: percentiles and a histogram of how long revoked tokens were still accepted.
struct ProbeResult: Sendable {
    let mode: String
    let limit: Duration
    /// Sorted.
    private let milliseconds: [Double]
    /// How often a verifier did not refuse in time, over all rounds.
    let missed: Int

    /// - Parameter latencies: `nil` for a missing refusal.
    init(mode: String, limit: Duration, latencies: [Duration?]) {
        self.mode = mode
        self.limit = limit
        milliseconds = latencies.compactMap { $0.map(Self.milliseconds) }.sorted()
        missed = latencies.count - milliseconds.count
    }

    var isWithinLimit: Bool { missed == 0 && percentile(99) <= Self.milliseconds(limit) }

    /// The value that this percentage does not exceed (nearest rank), in milliseconds; 0 without values.
    func percentile(_ percent: Double) -> Double {
        guard !milliseconds.isEmpty else { return 0 }
        let rank = Int((percent / 100 * Double(milliseconds.count)).rounded(.up))
        return milliseconds[min(max(rank, 1), milliseconds.count) - 1]
    }

    var summary: String {
        let figures = [("p50", 50.0), ("p95", 95), ("p99", 99), ("max", 100)]
            .map { "\($0.0) \(Self.text(percentile($0.1))) ms" }
        return (figures + (missed > 0 ? ["\(missed) never refused"] : [])).joined(separator: ", ")
    }

    /// For people: the summary and a bar for each bucket.
    var lines: [String] {
        let buckets = self.buckets
        let largest = max(1, buckets.map(\.count).max() ?? 1)
        let head =
            "\(mode): \(summary) (\(CountText.string(milliseconds.count, "refusal")), limit \(DurationText.string(limit)) for p99)"
        return [head]
            + buckets.map { bucket in
                let bar = String(repeating: "#", count: (bucket.count * 50 + largest - 1) / largest)
                let label = bucket.upTo.map { "up to \(Self.text($0)) ms" } ?? "more"
                let padding = String(repeating: " ", count: Swift.max(0, 16 - label.count))
                return "  \(padding)\(label)  \(bucket.count)\t\(bar)"
            }
    }

    private static let bounds: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000]

    /// From the first bucket with values to the last.
    var buckets: [(upTo: Double?, count: Int)] {
        var counts = [Int](repeating: 0, count: Self.bounds.count + 1)
        for value in milliseconds { counts[Self.bounds.firstIndex { value <= $0 } ?? Self.bounds.count] += 1 }
        guard let first = counts.firstIndex(where: { $0 > 0 }), let last = counts.lastIndex(where: { $0 > 0 }) else {
            return []
        }
        return (first...last).map { (upTo: $0 < Self.bounds.count ? Self.bounds[$0] : nil, count: counts[$0]) }
    }

    /// For programs.
    var resource: Resource {
        Resource(
            mode: mode, refusals: milliseconds.count, missed: missed, p50: percentile(50), p95: percentile(95),
            p99: percentile(99), max: percentile(100), limit: Self.milliseconds(limit), withinLimit: isWithinLimit)
    }

    /// Times in milliseconds.
    struct Resource: Encodable {
        let mode: String
        let refusals: Int
        let missed: Int
        let p50: Double
        let p95: Double
        let p99: Double
        let max: Double
        let limit: Double
        let withinLimit: Bool

        enum CodingKeys: String, CodingKey {
            case mode, refusals, missed
            case p50 = "p50_ms"
            case p95 = "p95_ms"
            case p99 = "p99_ms"
            case max = "max_ms"
            case limit = "limit_ms"
            case withinLimit = "within_limit"
        }
    }

    private static func milliseconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) * 1000 + Double(duration.components.attoseconds) / 1e15
    }

    private static func text(_ milliseconds: Double) -> String {
        milliseconds < 10 ? String(format: "%.1f", milliseconds) : String(format: "%.0f", milliseconds)
    }
}
