/// Minimum, median and maximum over the rounds.
struct Spread: Sendable, Codable {
    let minimum: Double
    let median: Double
    let maximum: Double

    /// Nil without values.
    init?(_ values: [Double]) {
        let sorted = values.sorted()
        guard let first = sorted.first, let last = sorted.last else { return nil }
        minimum = first
        maximum = last
        let middle = sorted.count / 2
        median = sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
    }
}
