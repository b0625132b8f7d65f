/// One row over all rounds.
struct RowFigures: Sendable, Codable {
    let key: String
    let title: String
    let isYardstick: Bool
    let perSecond: Spread
    /// One value per round, in order, so that others can pair them again.
    let rounds: [Double]
    /// Milliseconds, one of each round. Empty for yardsticks.
    let p50Milliseconds: [Double]
    let p99Milliseconds: [Double]
    /// Microseconds of processor time per request, over all rounds. Absent for yardsticks of the machine.
    let serverMicroseconds: Double?
    let generatorMicroseconds: Double?
    /// The same of a database in processes of its own, one value a round. Empty where there is none.
    let databaseMicroseconds: [Double]
    let failures: Int

    /// Nil without slices.
    init?(_ row: Row, _ slices: [Slice]) {
        let rates = slices.map(\.perSecond)
        guard let spread = Spread(rates) else { return nil }
        let count = Double(slices.map(\.count).reduce(0, +))
        let isLoad = slices.contains { !$0.latencies.isEmpty }
        func perRequest(_ total: (Slice) -> Double) -> Double? {
            !isLoad || count == 0 ? nil : slices.map(total).reduce(0, +) / count * 1e6
        }
        key = row.key
        title = row.title
        isYardstick = row.isYardstick
        perSecond = spread
        rounds = rates
        p50Milliseconds = slices.compactMap { $0.latencyMilliseconds(0.5) }
        p99Milliseconds = slices.compactMap { $0.latencyMilliseconds(0.99) }
        serverMicroseconds = perRequest(\.serverCPUSeconds)
        generatorMicroseconds = perRequest(\.generatorCPUSeconds)
        databaseMicroseconds = slices.compactMap(\.databaseMicroseconds)
        failures = slices.map(\.failures).reduce(0, +)
    }
}

/// One comparison over all rounds.
struct RatioFigures: Sendable, Codable {
    let key: String
    let title: String
    let ratio: Spread
    /// One value a round, in order.
    let rounds: [Double]
}

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
