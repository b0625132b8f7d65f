import Synchronization

/// The name of one request in logs and in `X-Request-Id`: sixteen random hexadecimal digits. Never taken from the
/// client, which could otherwise plant text in the log or make two requests look like one.
package struct RequestID: Sendable, Hashable, CustomStringConvertible {
    private let bits: UInt64

    /// A new id. All ids of a process differ, and one reveals nothing about the next without the seed. It is a name and
    /// not a secret, so it does not ask the kernel for random bytes each time.
    package init() {
        let number = Self.count.wrappingAdd(1, ordering: .relaxed).newValue
        bits = Self.scramble(number &* 0x9E37_79B9_7F4A_7C15 &+ Self.seed)
    }

    private static let seed = UInt64.random(in: .min ... .max)
    private static let count = Atomic<UInt64>(0)

    /// Permutes the 64-bit numbers so that neighbours have nothing in common (the finaliser of SplitMix64).
    private static func scramble(_ number: UInt64) -> UInt64 {
        var bits = number
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        return bits ^ bits >> 31
    }

    package var description: String {
        var text: [UInt8] = []
        append(to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    func append(to text: inout [UInt8]) {
        text.append(addingCapacity: 16) { text in
            for place in 0..<16 {
                let digit = UInt8(truncatingIfNeeded: bits >> UInt64(60 - 4 * place)) & 0xF
                text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }
}
