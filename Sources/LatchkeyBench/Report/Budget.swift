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
    enum Bound: Sendable {
        case atLeast(Double)
        case atMost(Double)

        func isMet(by value: Double) -> Bool {
            switch self {
            case .atLeast(let limit): value >= limit
            case .atMost(let limit): value <= limit
            }
        }

        /// How far on the good side a value is: 1 at the limit, 2 twice as good.
        func margin(of value: Double) -> Double {
            switch self {
            case .atLeast(let limit): value / limit
            // Nothing at all is as good as can be, also where the limit is nothing.
            case .atMost(let limit): value > 0 ? limit / value : .infinity
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

extension Budget.Bound: Codable {
    private enum CodingKeys: CodingKey { case atLeast, atMost }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        if let limit = try container.decodeIfPresent(Double.self, forKey: .atLeast) {
            self = .atLeast(limit)
        } else {
            self = .atMost(try container.decode(Double.self, forKey: .atMost))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .atLeast(let limit): try container.encode(limit, forKey: .atLeast)
        case .atMost(let limit): try container.encode(limit, forKey: .atMost)
        }
    }
}

extension Budget.Bound: CustomStringConvertible {
    var description: String {
        switch self {
        case .atLeast(let limit): "≥ \(Number.mark(limit))"
        case .atMost(let limit): "≤ \(Number.mark(limit))"
        }
    }
}
