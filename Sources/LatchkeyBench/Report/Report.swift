/// All that was measured, in the shape of the JSON file.
struct Report: Sendable, Codable {
    let machine: Machine
    let plan: BenchPlan
    var rows: [RowFigures] = []
    var ratios: [RatioFigures] = []
    /// Seconds from the start of the process to the first answer of /healthz, with an existing database.
    var start: Spread?
    var memory: [MemoryFigures] = []
    /// What lists of several lengths cost.
    var lists: [ListLengths.Figures] = []
    /// What a burst does to many pollers.
    var crowd: Crowd.Figures?
    var notes: [String] = []
    var scenario: [String] = []

    struct RowFigures: Sendable, Codable {
        let key: String
        let title: String
        let isYardstick: Bool
        let perSecond: Spread
        /// One value a round, in order, so that others can pair them anew.
        let rounds: [Double]
        /// Milliseconds: the median over the rounds of each round's quantile. Absent for yardsticks.
        let p50Milliseconds: Double?
        let p99Milliseconds: Double?
        /// Microseconds of processor time per request, over all rounds. Absent for yardsticks.
        let serverMicroseconds: Double?
        let generatorMicroseconds: Double?
        let failures: Int
    }

    struct RatioFigures: Sendable, Codable {
        let key: String
        let title: String
        let ratio: Spread
    }

    struct MemoryFigures: Sendable, Codable {
        let when: String
        let memory: ServerFigures.Memory
    }

    /// Whether any request failed.
    var hasFailures: Bool { rows.contains { $0.failures > 0 } }

    /// Takes in what ``Rounds`` gave.
    mutating func add(_ measured: [Row], _ compared: [Ratio], _ slices: [String: [Slice]]) {
        for row in measured {
            guard let figures = RowFigures(row, slices[row.key] ?? []) else { continue }
            rows.append(figures)
        }
        let count = slices.values.map(\.count).min() ?? 0
        for ratio in compared {
            // Row by row of the same round: that is what the interleaving is for.
            let values = (0..<count).compactMap { round in ratio.value(slices.mapValues { $0[round].perSecond }) }
            guard let spread = Spread(values) else { continue }
            ratios.append(RatioFigures(key: ratio.key, title: ratio.title, ratio: spread))
        }
    }
}

extension Report.RowFigures {
    init?(_ row: Row, _ slices: [Slice]) {
        let rates = slices.map(\.perSecond)
        guard let spread = Spread(rates) else { return nil }
        let count = Double(slices.map(\.count).reduce(0, +))
        func perRequest(_ total: (Slice) -> Double) -> Double? {
            row.isYardstick || count == 0 ? nil : slices.map(total).reduce(0, +) / count * 1e6
        }
        self.init(
            key: row.key, title: row.title, isYardstick: row.isYardstick, perSecond: spread, rounds: rates,
            p50Milliseconds: Spread(slices.compactMap { $0.latencyMilliseconds(0.5) })?.median,
            p99Milliseconds: Spread(slices.compactMap { $0.latencyMilliseconds(0.99) })?.median,
            serverMicroseconds: perRequest(\.serverCPUSeconds),
            generatorMicroseconds: perRequest(\.generatorCPUSeconds),
            failures: slices.map(\.failures).reduce(0, +))
    }
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
