/// Which events `audit tail` has seen. Of several nodes one may commit an event a moment after another one with a
/// greater id: so each look goes back to the ids of some seconds ago, and shows what was not there then.
struct AuditWindow {
    /// Events that a start takes for seen.
    static let length = 100
    /// Longer than a transaction takes from its event's id to its end.
    private static let span: Duration = .seconds(5)

    /// Events up to this id are never looked for again.
    private(set) var floor: Int64
    private var seen: Set<Int64>
    /// The greatest id at each look of the last seconds.
    private var looks: [(at: ContinuousClock.Instant, last: Int64)] = []

    /// - Parameter known: the ids of the newest events, at most ``length``.
    init(known: [Int64]) {
        seen = Set(known)
        floor = known.count < Self.length ? 0 : (known.min() ?? 1) - 1
        looks = [(.now, known.max() ?? 0)]
    }

    /// Notes the ids of a look, all above ``floor``.
    /// - Returns: those that were not seen before.
    mutating func take(_ ids: [Int64], at now: ContinuousClock.Instant) -> Set<Int64> {
        let fresh = Set(ids).subtracting(seen)
        seen.formUnion(fresh)
        looks.append((now, max(ids.max() ?? 0, looks.last?.last ?? 0)))
        while looks.count > 1, looks[1].at + Self.span <= now { looks.removeFirst() }
        if looks[0].at + Self.span <= now {
            floor = max(floor, looks[0].last)
            seen = seen.filter { $0 > floor }
        }
        return fresh
    }
}
