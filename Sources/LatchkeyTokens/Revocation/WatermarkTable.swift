/// Watermarks by key, with the usual one per key inline: no allocation for each entry.
struct WatermarkTable<Key: Hashable & Sendable>: Sendable {
    /// The furthest-reaching watermark of each key, the only one that a look-up needs.
    private var first: [Key: Watermark] = [:]
    /// All watermarks of the few keys that have several.
    private var several: [Key: WatermarkFront] = [:]

    var count: Int {
        several.values.reduce(first.count) { $0 + $1.marks.count - 1 }
    }

    var isEmpty: Bool { first.isEmpty }

    func furthest(_ key: Key) -> Watermark? {
        first[key]
    }

    mutating func insert(_ mark: Watermark, for key: Key) {
        guard let known = first[key] else {
            first[key] = mark
            return
        }
        var front = several[key] ?? WatermarkFront()
        front.insert(known)
        front.insert(mark)
        store(front, for: key)
    }

    mutating func prune(at second: Int64) {
        for key in Array(several.keys) {
            guard var front = several[key] else { continue }
            front.prune(at: second)
            store(front, for: key)
        }
        // Rebuilt only when something goes, so that a copy-on-write snapshot stays shared otherwise.
        guard first.values.contains(where: { $0.expiresAt <= second }) else { return }
        first = first.filter { $0.value.expiresAt > second }
    }

    private mutating func store(_ front: WatermarkFront, for key: Key) {
        first[key] = front.furthest
        several[key] = front.marks.count > 1 ? front : nil
    }
}
