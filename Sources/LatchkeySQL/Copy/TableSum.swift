/// How many rows a table has, and a sum over everything in them, whatever their order. Two tables with equal ones hold
/// the same: it shows what went wrong with a copy, and nothing to those who would forge one.
package struct TableSum: Sendable, Equatable {
    package private(set) var rows: Int64 = 0
    private var sum: UInt64 = 0

    package init() {}

    package mutating func add(_ values: [SQLValue]) {
        var hash = Hash()
        for value in values {
            switch value {
            case .null: hash.add([0])
            case .integer(let number):
                hash.add([1])
                hash.add((0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * Int64($0))) })
            case .text(let text):
                hash.add([2])
                hash.add(text.utf8)
                hash.add([0xFF])
            case .blob(let bytes):
                hash.add([3])
                hash.add((0..<8).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) })
                hash.add(bytes)
            }
        }
        rows += 1
        sum &+= hash.value
    }

    /// FNV-1a, and a last step that spreads what it has over all bits before values are added.
    private struct Hash {
        private var state: UInt64 = 0xCBF2_9CE4_8422_2325

        mutating func add(_ bytes: some Sequence<UInt8>) {
            for byte in bytes { state = (state ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }

        var value: UInt64 {
            var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }
    }
}
