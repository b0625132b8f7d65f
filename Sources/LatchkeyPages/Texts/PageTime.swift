import LatchkeyCore
import LatchkeyTokens

extension Wording {
    /// An instant for people and for the script that makes it local: in UTC, to the minute.
    func time(_ instant: Timestamp) -> Values {
        guard let parts = parts(of: instant) else {
            return ["machine": .exact(instant.words), "people": .exact(instant.words)]
        }
        return [
            "machine": .exact("\(parts.date)T\(parts.clock)"),
            "people": .exact(
                instantText(day: parts.day, month: parts.month, year: parts.year, String(parts.clock.prefix(5)))),
        ]
    }

    /// The day of an instant in UTC, for the middle of a sentence.
    func day(_ instant: Timestamp) -> String {
        guard let parts = parts(of: instant) else { return instant.words }
        return dateText(day: parts.day, month: parts.month, year: parts.year)
    }

    private struct Parts {
        let date: String
        let clock: String
        let year: String
        let month: Int
        let day: Int
    }

    /// Nil for years that have no four digits.
    private func parts(of instant: Timestamp) -> Parts? {
        // `2026-11-28 14:02:07Z`
        let text = Array(instant.words.utf8)
        guard text.count == 20, text[0].isASCIIDigit else { return nil }
        let piece = { (range: Range<Int>) in String(decoding: text[range], as: UTF8.self) }
        guard let month = Int(piece(5..<7)), let day = Int(piece(8..<10)) else { return nil }
        return Parts(date: piece(0..<10), clock: piece(11..<20), year: piece(0..<4), month: month, day: day)
    }
}
