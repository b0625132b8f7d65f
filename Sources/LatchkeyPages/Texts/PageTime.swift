import LatchkeyCore
import LatchkeyTokens

extension Wording {
    /// An instant for people and for the script that makes it local: in UTC, to the minute.
    func time(_ instant: Timestamp) -> Values {
        // `2026-11-28 14:02:07Z`
        let text = Array(instant.words.utf8)
        let parts = text.split(separator: UInt8(ascii: " ")).map(Array.init)
        let date = parts[0].split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: true)
            .map { String(decoding: $0, as: UTF8.self) }
        guard date.count == 3, let month = Int(date[1]), let day = Int(date[2]), (1...12).contains(month) else {
            return ["machine": .exact(instant.words), "people": .exact(instant.words)]
        }
        let clock = String(decoding: parts[1].prefix(5), as: UTF8.self)
        let machine = "\(date[0])-\(date[1])-\(date[2])T\(String(decoding: parts[1], as: UTF8.self))"
        return [
            "machine": .exact(machine), "people": .exact(instantText(day: day, month: month, year: date[0], clock)),
        ]
    }

    /// The same as plain text, for the middle of a sentence.
    func timeText(_ instant: Timestamp) -> String {
        guard let text = time(instant).child(named: "people") as? String else { return instant.words }
        return text
    }
}
