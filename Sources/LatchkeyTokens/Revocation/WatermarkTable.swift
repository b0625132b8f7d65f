import HashTreeCollections

/// Watermarks by key: a persistent tree, so that a snapshot costs nothing and the next state shares everything that did
/// not change, however long the list; 16 bytes per mark for a usual key, which has one.
struct WatermarkTable<Key: WatermarkKey>: Sendable {
    /// The keys with a single mark in the usual range.
    private var single: TreeDictionary<Key, CompactWatermark> = [:]
    /// All other keys: several marks that do not cover each other, or numbers beyond the usual range. No key is in
    /// both.
    private var several: [Key: WatermarkFront] = [:]
    /// Contains all keys with random bits.
    private var filter = PresenceFilter()
    /// No mark expires before this second.
    private var nextExpiry = Int64.max

    var count: Int { several.values.reduce(single.count) { $0 + $1.marks.count } }

    var isEmpty: Bool { single.isEmpty && several.isEmpty }

    /// The furthest-reaching watermark of the key, the only one that a look-up needs.
    func furthest(_ key: Key) -> Watermark? {
        // Checking first is cheaper: most lists lack some kinds altogether, and most tokens are not on any.
        if let bits = key.randomBits, !filter.mayContain(bits) { return nil }
        if !single.isEmpty, let mark = single[key] { return mark.expanded }
        return several.isEmpty ? nil : several[key]?.furthest
    }

    mutating func insert(_ mark: Watermark, for key: Key) {
        nextExpiry = min(nextExpiry, mark.expiresAt)
        var front = several[key] ?? WatermarkFront()
        if let known = single[key] {
            front.insert(known.expanded)
        } else if front.marks.isEmpty {
            addToFilter(key)
        }
        front.insert(mark)
        store(front, for: key)
    }

    private mutating func addToFilter(_ key: Key) {
        guard let bits = key.randomBits else { return }
        if filter.isFull {
            filter = PresenceFilter(capacity: single.count + several.count + 1)
            for key in single.keys { key.randomBits.map { filter.insert($0) } }
            for key in several.keys { key.randomBits.map { filter.insert($0) } }
        }
        filter.insert(bits)
    }

    /// Removes marks that have expired at this second: in constant time if there are none, otherwise in proportion to
    /// ``count``.
    mutating func prune(at second: Int64) {
        guard nextExpiry <= second else { return }
        for key in Array(several.keys) {
            guard var front = several[key] else { continue }
            front.prune(at: second)
            store(front, for: key)
        }
        var next = Int64.max
        var expired: [Key] = []
        for (key, mark) in single {
            if mark.expanded.expiresAt <= second {
                expired.append(key)
            } else {
                next = min(next, mark.expanded.expiresAt)
            }
        }
        for key in expired { single[key] = nil }
        nextExpiry = several.values.flatMap(\.marks).reduce(next) { min($0, $1.expiresAt) }
    }

    /// Removes the expired marks of one key.
    mutating func prune(_ key: Key, at second: Int64) {
        if let mark = single[key] {
            if mark.expanded.expiresAt <= second { single[key] = nil }
        } else if var front = several[key] {
            front.prune(at: second)
            store(front, for: key)
        }
    }

    private mutating func store(_ front: WatermarkFront, for key: Key) {
        if front.marks.count == 1, let mark = CompactWatermark(front.marks[0]) {
            single[key] = mark
            several[key] = nil
        } else {
            single[key] = nil
            several[key] = front.marks.isEmpty ? nil : front
        }
    }
}

/// A ``Watermark`` in 16 bytes, for seconds until the year 2106.
private struct CompactWatermark: Sendable, Hashable {
    private let issuedBefore: UInt32
    private let expiresAt: UInt32
    private let sequence: Int64

    /// Stands for "any `iat`".
    private static let unlimited = UInt32.max

    /// Nil for seconds out of range.
    init?(_ mark: Watermark) {
        guard let expiresAt = UInt32(exactly: mark.expiresAt) else { return nil }
        if mark.issuedBefore == .max {
            issuedBefore = Self.unlimited
        } else {
            guard let second = UInt32(exactly: mark.issuedBefore), second != Self.unlimited else { return nil }
            issuedBefore = second
        }
        self.expiresAt = expiresAt
        sequence = mark.sequence
    }

    var expanded: Watermark {
        Watermark(
            issuedBefore: issuedBefore == Self.unlimited ? .max : Int64(issuedBefore), expiresAt: Int64(expiresAt),
            sequence: sequence)
    }
}
