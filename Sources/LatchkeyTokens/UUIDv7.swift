/// The 16 bytes of a UUID, ordered as bytes, with RFC 9562's lower-case text as the one accepted spelling.
///
/// Created here as version 7 (section 5.7), so that new ids stay at the right edge of a B-tree; read in any version.
struct UUIDv7: Sendable, Hashable, Comparable {
    let high: UInt64
    let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// - Parameter random: ten random bytes; of these 74 bits are used.
    init(at instant: Timestamp, random: [UInt8]) {
        precondition(random.count == 10, "a UUIDv7 takes ten random bytes")
        let clock = UInt64(clamping: instant.milliseconds) & 0xFFFF_FFFF_FFFF
        let twelve = UInt64(random[0] & 0x0F) << 8 | UInt64(random[1])
        high = clock << 16 | 0x7000 | twelve
        low = random[2...].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    }

    /// The same as for any collection, without finding out at run time which one it is.
    init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        var (high, low): (UInt64, UInt64) = (0, 0)
        for index in 0..<8 {
            high = high << 8 | UInt64(bytes[index])
            low = low << 8 | UInt64(bytes[index + 8])
        }
        self.init(high: high, low: low)
    }

    init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        high = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        low = bytes.dropFirst(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }

    /// Accepts only the 22 characters of canonical base64url that encode 16 bytes.
    init?(base64URL text: String) {
        let characters = text.utf8.span
        guard characters.count == 22 else { return nil }
        let values = Base64URL.values
        let (middle, last) = (values[Int(characters[10])], values[Int(characters[21])])
        // Only the mark of a foreign character has the upper bits set.
        var marks = middle | last
        var (high, low): (UInt64, UInt64) = (0, UInt64(middle & 0x03))
        for index in 0..<10 {
            let (first, second) = (values[Int(characters[index])], values[Int(characters[index + 11])])
            marks |= first | second
            high = high << 6 | UInt64(first)
            low = low << 6 | UInt64(second)
        }
        // Four bits are left over, and they are canonical only if they are zero.
        guard marks < 0x40, last & 0x0F == 0 else { return nil }
        self.init(high: high << 4 | UInt64(middle >> 2), low: low << 2 | UInt64(last >> 4))
    }

    /// Accepts only the 36 characters of the lower-case form.
    init?(text: String) {
        let utf8 = text.utf8.span
        guard utf8.count == 36 else { return nil }
        var digits = 0
        var high: UInt64 = 0
        var low: UInt64 = 0
        for position in utf8.indices {
            let character = utf8[position]
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard character == UInt8(ascii: "-") else { return nil }
            } else {
                let value: UInt8
                switch character {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0")
                case UInt8(ascii: "a")...UInt8(ascii: "f"): value = character - UInt8(ascii: "a") + 10
                default: return nil
                }
                guard digits < 32 else { return nil }
                if digits < 16 { high = high << 4 | UInt64(value) } else { low = low << 4 | UInt64(value) }
                digits += 1
            }
        }
        self.init(high: high, low: low)
    }

    var bytes: [UInt8] {
        [UInt8](room: 16) { bytes in
            for place in 0..<16 { bytes.append(byte(place)) }
        }
    }

    private func byte(_ place: Int) -> UInt8 {
        let half = place < 8 ? high : low
        return UInt8(truncatingIfNeeded: half >> UInt64(56 - 8 * (place & 7)))
    }

    var text: String {
        var text: [UInt8] = []
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends the 36 characters.
    func append(to text: inout [UInt8]) {
        text.append(addingCapacity: 36) { text in
            for place in 0..<16 {
                if place == 4 || place == 6 || place == 8 || place == 10 { text.append(UInt8(ascii: "-")) }
                let byte = byte(place)
                text.append(Self.digit(byte >> 4))
                text.append(Self.digit(byte & 0x0F))
            }
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }

    static func < (lhs: UUIDv7, rhs: UUIDv7) -> Bool {
        (lhs.high, lhs.low) < (rhs.high, rhs.low)
    }
}
