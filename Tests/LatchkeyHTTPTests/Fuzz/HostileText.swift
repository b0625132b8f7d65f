import TestConditions

/// Text as strangers send it: words of the grammar at hand, torn apart by what breaks readers that do not go by bytes.
struct HostileText: RandomNumberGenerator {
    private var generator: SeededGenerator

    init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

    mutating func next() -> UInt64 { generator.next() }

    /// Whether one of so many.
    mutating func isOne(of count: UInt64) -> Bool { next() % count == 0 }

    mutating func number(below bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func pick<Element>(_ elements: [Element]) -> Element { elements[number(below: elements.count)] }

    private static let hostile: [[UInt8]] =
        // Marks and signs that join what stands before or after them to one grapheme.
        ["\u{0300}", "\u{0301}", "\u{0600}", "\u{0D4E}", "\u{20DD}", "\u{200D}", "\u{FE0F}", "\u{1F3FB}", "\u{1F1E6}"]
        .map { Array($0.utf8) }
        // Canonically equivalent to K, the semicolon, the backtick; two spellings of one letter; full width; a BOM.
        + ["\u{212A}", "\u{037E}", "\u{1FEF}", "\u{E9}", "e\u{0301}", "\u{FF1A}", "\u{FF10}", "\u{FEFF}", "\u{2028}"]
        .map { Array($0.utf8) }
        // Controls.
        + [[0x0D], [0x0A], [0x0D, 0x0A], [0x00], [0x09], [0x20], [0x7F], [0xC2, 0x85], [0xE2, 0x80, 0xAE]]
        // Overlong NUL, slash, comma, semicolon.
        + [[0xC0, 0x80], [0xC0, 0xAF], [0xE0, 0x80, 0xAF], [0xF0, 0x80, 0x80, 0xAF], [0xC0, 0xAC], [0xC0, 0xBB]]
        // No UTF-8: lone and cut-off bytes, surrogates, beyond Unicode.
        + [[0xFF], [0x80], [0xC3], [0xE2, 0x82], [0xF0, 0x9F, 0x92], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF]]
        + [[0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80]]

    /// Up to `count` pieces: words, hostile ones, and any byte.
    mutating func bytes(_ words: [String], count: Int = 10) -> [UInt8] {
        var bytes: [UInt8] = []
        for _ in 0..<number(below: count + 1) {
            switch number(below: 16) {
            case 0..<10: bytes += Array(pick(words).utf8)
            case 10..<14: bytes += pick(Self.hostile)
            case 14: bytes.append(UInt8(truncatingIfNeeded: next()))
            default: bytes.append(UInt8(0x20 + number(below: 0x5F)))
            }
        }
        return bytes
    }

    /// One to three header lines.
    mutating func lines(_ words: [String]) -> [[UInt8]] {
        (0...(isOne(of: 4) ? number(below: 3) : 0)).map { _ in bytes(words) }
    }
}
