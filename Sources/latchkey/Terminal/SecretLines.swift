/// Secrets of one line each, as in files and pipes.
///
/// By bytes: CR LF is one Character in Swift, so a line "ended" by it would keep its CR, and the password from a file
/// written on Windows would never match what a user types.
enum SecretLines {
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// The first `count` lines, without their endings: LF, CR LF or CR, and none at the end of the text. Everything
    /// after them must be blank. A byte order mark at the beginning is not part of the text.
    /// - Parameter source: for the errors, "Standard input".
    /// - Throws: ``CommandFailure`` for fewer or more lines, for text that is not UTF-8, and for control characters,
    ///   which are never typed: they indicate a file in another encoding. Never shows the text.
    static func read(_ bytes: [UInt8], count: Int = 1, source: String) throws(CommandFailure) -> [String] {
        let text = bytes.starts(with: byteOrderMark) ? bytes[byteOrderMark.count...] : bytes[...]
        var lines = split(text)
        while let last = lines.last, last.allSatisfy(isBlank) { lines.removeLast() }
        guard !lines.isEmpty else { throw CommandFailure("\(source) is empty.") }
        guard lines.count == count, lines.allSatisfy({ !$0.allSatisfy(isBlank) }) else {
            throw CommandFailure(
                "\(source) must hold \(count == 1 ? "one line" : "\(count) lines") and nothing else; blank lines may follow."
            )
        }
        return try lines.map { line throws(CommandFailure) in
            guard !line.contains(where: isControl) else {
                throw CommandFailure("\(source) holds control characters: save it as plain UTF-8 text.")
            }
            guard let text = String(validating: line, as: UTF8.self) else {
                throw CommandFailure("\(source) is not UTF-8 text.")
            }
            return text
        }
    }

    private static func split(_ text: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
        var lines: [ArraySlice<UInt8>] = []
        var start = text.startIndex
        while start < text.endIndex {
            let end = text[start...].firstIndex { $0 == carriageReturn || $0 == lineFeed } ?? text.endIndex
            lines.append(text[start..<end])
            let isPair = end + 1 < text.endIndex && text[end] == carriageReturn && text[end + 1] == lineFeed
            start = min(end + (isPair ? 2 : 1), text.endIndex)
        }
        return lines
    }

    private static let carriageReturn = UInt8(ascii: "\r")
    private static let lineFeed = UInt8(ascii: "\n")

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }
}
