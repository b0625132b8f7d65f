/// A revocation reduced to numbers: everything issued up to a second, until the entry expires.
struct Watermark: Sendable, Hashable {
    /// In Unix seconds, inclusive; `Int64.max` for entries that match any `iat`.
    let issuedBefore: Int64
    /// In Unix seconds.
    let expiresAt: Int64
    let sequence: Int64

    /// Whether this watermark revokes at least as much as `other`, for at least as long.
    func covers(_ other: Watermark) -> Bool {
        issuedBefore >= other.issuedBefore && expiresAt >= other.expiresAt
    }
}

/// The watermarks of one subject that no other makes superfluous.
///
/// Two entries never cancel each other: the one that reaches further may expire sooner. So every watermark that no
/// other covers is kept, in ascending order of `issuedBefore` and therefore descending order of `expiresAt`; the last
/// one alone decides whether anything matches.
///
/// More than ``most`` are folded into one that reaches as far as any and lives as long as any. It refuses no good token:
/// what the others match has expired when they have. So a list of very many entries for one subject costs no more than
/// one for very many subjects.
struct WatermarkFront: Sendable, Hashable {
    static let most = 16
    private(set) var marks: [Watermark] = []

    var furthest: Watermark? { marks.last }

    /// Adds a watermark and drops what it covers.
    mutating func insert(_ new: Watermark) {
        var low = 0
        var high = marks.count
        while low < high {
            let middle = (low + high) / 2
            if marks[middle].issuedBefore < new.issuedBefore { low = middle + 1 } else { high = middle }
        }
        // All watermarks from here on reach at least as far; the first of them lives longest.
        if low < marks.count, marks[low].covers(new) { return }
        var end = low
        while end < marks.count, new.covers(marks[end]) { end += 1 }
        var start = low
        while start > 0, new.covers(marks[start - 1]) { start -= 1 }
        marks.replaceSubrange(start..<end, with: CollectionOfOne(new))
        if marks.count > Self.most { fold() }
    }

    private mutating func fold() {
        guard let longest = marks.first, let furthest = marks.last else { return }
        marks = [
            Watermark(
                issuedBefore: furthest.issuedBefore, expiresAt: longest.expiresAt, sequence: furthest.sequence)
        ]
    }

    /// Removes watermarks that have expired at this second. The longest-lived come first.
    mutating func prune(at second: Int64) {
        while let last = marks.last, last.expiresAt <= second { marks.removeLast() }
    }
}
