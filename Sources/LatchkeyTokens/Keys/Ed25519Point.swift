/// Encodings of Ed25519 points that must not be anybody's key.
enum Ed25519Point {
    /// Whether the y coordinate is not reduced modulo 2^255 - 19, or the point is one of the eight of small order, under
    /// which one signature fits many messages. A y without an x on the curve is not found here; such a key verifies
    /// nothing.
    static func isUnusable(_ encoding: [UInt8]) -> Bool {
        guard encoding.count == 32 else { return true }
        var y = encoding
        y[31] &= 0x7F
        return isNotReduced(y) || smallOrder.contains(y)
    }

    private static func isNotReduced(_ y: [UInt8]) -> Bool {
        y[31] == 0x7F && y[0] >= 0xED && y[1..<31].allSatisfy { $0 == 0xFF }
    }

    /// The y coordinates, little-endian: of order 4 (0), 1 (1), 2 (-1) and 8 (two values, each with two signs of x).
    private static let smallOrder: [[UInt8]] = [
        [UInt8](repeating: 0, count: 32),
        [1] + [UInt8](repeating: 0, count: 31),
        [0xEC] + [UInt8](repeating: 0xFF, count: 30) + [0x7F],
        [
            0x26, 0xE8, 0x95, 0x8F, 0xC2, 0xB2, 0x27, 0xB0, 0x45, 0xC3, 0xF4, 0x89, 0xF2, 0xEF, 0x98, 0xF0,
            0xD5, 0xDF, 0xAC, 0x05, 0xD3, 0xC6, 0x33, 0x39, 0xB1, 0x38, 0x02, 0x88, 0x6D, 0x53, 0xFC, 0x05,
        ],
        [
            0xC7, 0x17, 0x6A, 0x70, 0x3D, 0x4D, 0xD8, 0x4F, 0xBA, 0x3C, 0x0B, 0x76, 0x0D, 0x10, 0x67, 0x0F,
            0x2A, 0x20, 0x53, 0xFA, 0x2C, 0x39, 0xCC, 0xC6, 0x4E, 0xC7, 0xFD, 0x77, 0x92, 0xAC, 0x03, 0x7A,
        ],
    ]
}
