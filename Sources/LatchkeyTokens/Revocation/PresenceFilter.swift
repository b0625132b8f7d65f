/// Shows quickly that a key is not in a table: one bit per key in an array of one or two bytes per entry, so that the
/// usual look-up, which finds nothing, touches one word of memory instead of a path through a tree.
///
/// The bit is chosen by bits of the key that are random anyway. Removed keys keep their bit until the next rebuild: the
/// filter may say "maybe" wrongly, but never "no" for a key that is present.
struct PresenceFilter: Sendable {
    private var words: [UInt64] = []
    private var count = 0

    /// Whether one more key needs a larger filter, rebuilt from every key that is present.
    var isFull: Bool { count >= words.count * 8 }

    /// An empty filter with room for `capacity` keys.
    init(capacity: Int = 0) {
        guard capacity > 0 else { return }
        var length = 8
        while length * 8 < capacity * 2 { length *= 2 }
        words = Array(repeating: 0, count: length)
    }

    /// - Parameter bits: of the key, random.
    mutating func insert(_ bits: UInt64) {
        words[position(bits)] |= 1 << (bits & 63)
        count += 1
    }

    func mayContain(_ bits: UInt64) -> Bool {
        guard !words.isEmpty else { return false }
        return words[position(bits)] & 1 << (bits & 63) != 0
    }

    private func position(_ bits: UInt64) -> Int {
        // The number of words is a power of two.
        Int(truncatingIfNeeded: bits >> 6) & (words.count - 1)
    }
}

/// A key of a ``WatermarkTable``.
protocol WatermarkKey: Hashable, Sendable {
    /// 64 bits of which the lower ones are random; nil for keys without random bits, of which there are few.
    var randomBits: UInt64? { get }
}

extension WatermarkKey {
    var randomBits: UInt64? { nil }
}

extension UUIDv7: WatermarkKey {
    /// RFC 9562 section 5.7: all but the two upper bits are random. Ids from other generators only share bits more
    /// often.
    var randomBits: UInt64? { low }
}

extension UUIDIdentifier: WatermarkKey {
    var randomBits: UInt64? { value.low }
}

extension ClientID: WatermarkKey {}
extension KeyID: WatermarkKey {}
extension String: WatermarkKey {}
