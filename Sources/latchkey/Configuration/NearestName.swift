/// Finds what somebody probably meant to type.
package enum NearestName {
    /// The candidate with the fewest edits from `name`, or nil when even that one differs in more than a third.
    package static func of(_ name: String, among candidates: [String]) -> String? {
        let scored = candidates.map { (candidate: $0, distance: distance(name, $0)) }
        guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(2, best.candidate.count / 3) ? best.candidate : nil
    }

    /// Insertions, deletions and replacements of single characters (Levenshtein). At most 128 characters count.
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.prefix(128))
        let right = Array(right.prefix(128))
        var previous = Array(0...right.count)
        for (row, a) in left.enumerated() {
            var current = [row + 1]
            for (column, b) in right.enumerated() {
                current.append(
                    min(previous[column] + (a == b ? 0 : 1), previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[right.count]
    }
}
