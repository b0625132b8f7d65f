/// What one part found: tables, lines for people, verdicts and curves.
struct Section: Sendable, Encodable {
    /// The part's name.
    let key: String
    let title: String
    var rows: [RowFigures] = []
    var ratios: [RatioFigures] = []
    /// What does not fit into the tables.
    var lines: [String] = []
    var verdicts: [Verdict] = []
    var series: [Series] = []
    /// Whether a request failed, so that the figures do not count.
    var hasFailures = false
    /// All that a scenario knows, for the JSON.
    var figures: (any Encodable & Sendable)?

    init(_ part: Part) {
        key = part.rawValue
        title = part.summary
    }

    /// Of a scenario that makes its own figures.
    init(_ part: Part, figures: some SectionFigures) {
        self.init(part)
        add(figures)
        self.figures = figures
    }

    /// Takes in what ``Rounds`` gave.
    mutating func add(_ measured: [Row], _ compared: [Ratio], _ slices: [String: [Slice]]) {
        rows += measured.compactMap { RowFigures($0, slices[$0.key] ?? []) }
        hasFailures = rows.contains { $0.failures > 0 } || hasFailures
        let count = slices.values.map(\.count).min() ?? 0
        for ratio in compared {
            // Row by row of the same round: that is what the interleaving is for.
            let values = (0..<count).compactMap { round in ratio.value(slices.mapValues { $0[round] }) }
            guard let spread = Spread(values) else { continue }
            ratios.append(RatioFigures(key: ratio.key, title: ratio.title, ratio: spread, rounds: values))
        }
    }

    /// Takes in the text, verdicts and curves of a scenario.
    mutating func add(_ figures: some SectionFigures) {
        lines += figures.lines
        verdicts += figures.verdicts
        series += figures.series
        hasFailures = figures.failures > 0 || hasFailures
    }

    /// Holds a limit against the values of all rounds.
    /// - Throws: ``BenchFailure`` without values: what was not measured is not met.
    mutating func judge(_ budget: Budget, _ values: [Double]) throws {
        guard let verdict = budget.judge(values) else {
            throw BenchFailure("Nothing was measured for: \(budget.title)")
        }
        verdicts.append(verdict)
    }

    /// Holds a limit against a ratio.
    mutating func judge(_ budget: Budget, ratio key: String) throws {
        try judge(budget, ratios.first { $0.key == key }?.rounds ?? [])
    }

    /// Holds a limit against a row's rate.
    mutating func judge(_ budget: Budget, rate key: String) throws {
        try judge(budget, rows.first { $0.key == key }?.rounds ?? [])
    }

    private enum CodingKeys: CodingKey {
        case key, title, rows, ratios, lines, verdicts, series, hasFailures, figures
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(key, forKey: .key)
        try container.encode(title, forKey: .title)
        try container.encode(rows, forKey: .rows)
        try container.encode(ratios, forKey: .ratios)
        try container.encode(lines, forKey: .lines)
        try container.encode(verdicts, forKey: .verdicts)
        try container.encode(series, forKey: .series)
        try container.encode(hasFailures, forKey: .hasFailures)
        if let figures { try container.encode(figures, forKey: .figures) }
    }
}

/// What a scenario with its own shape of figures gives to the report.
protocol SectionFigures: Encodable, Sendable {
    /// For people.
    var lines: [String] { get }
    var verdicts: [Verdict] { get }
    var series: [Series] { get }
    /// Requests that failed.
    var failures: Int { get }
}

extension SectionFigures {
    var verdicts: [Verdict] { [] }
    var series: [Series] { [] }
    var failures: Int { 0 }
}
