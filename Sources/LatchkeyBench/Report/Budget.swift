/// A limit that the server has to keep on any machine: a constant of the benchmark, with its reason.
struct Budget: Sendable, Codable {
    /// Stable name in the JSON.
    let key: String
    /// What is measured, as the table says it.
    let title: String
    let bound: Bound
    /// What the number counts, such as `x nginx`, `ms` or `a second`.
    let unit: String
    /// Why the limit is what it is.
    let reason: String

    /// Which side of the limit is good.
    enum Bound: Sendable, Codable {
        case atLeast(Double)
        case atMost(Double)

        func isMet(by value: Double) -> Bool {
            switch self {
            case .atLeast(let limit): value >= limit
            case .atMost(let limit): value <= limit
            }
        }
    }

    /// Judges the median: one disturbed round is no miss, and one lucky round no pass.
    func judge(_ values: [Double]) -> Verdict? {
        guard let spread = Spread(values) else { return nil }
        return Verdict(budget: self, measured: spread, isMet: bound.isMet(by: spread.median))
    }
}

/// What a run found about one ``Budget``.
struct Verdict: Sendable, Codable {
    let budget: Budget
    let measured: Spread
    let isMet: Bool
}
