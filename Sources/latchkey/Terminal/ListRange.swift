import ArgumentParser
import LatchkeyTokens

/// The options of lists that grow without end: from when, and how many.
struct ListRange: ParsableArguments {
    @Option(
        name: .long,
        help: "Only newer than this: a duration such as 2h, or an instant such as 2026-11-28T14:00:00Z.")
    var since: InstantArgument?
    @Option(name: .long, help: "At most this many, the newest.") var limit: Int?

    func validate() throws {
        guard limit.map({ $0 >= 1 }) ?? true else { throw ValidationError("--limit takes 1 or more.") }
    }

    /// For the API, which takes Unix seconds.
    var query: (name: String, value: String?) {
        ("since", since.map { "\(max(0, $0.instant(now: .wallClock).seconds))" })
    }
}

/// A time on the command line: a duration before now, or an instant by RFC 3339.
struct InstantArgument: ExpressibleByArgument, Sendable {
    private enum Form: Sendable {
        case ago(Duration)
        case at(Timestamp)
    }

    private let form: Form

    init?(argument: String) {
        if let duration = DurationText.parse(argument) {
            form = .ago(duration)
        } else if let instant = Self.instant(Array(argument.utf8)) {
            form = .at(instant)
        } else {
            return nil
        }
    }

    func instant(now: Timestamp) -> Timestamp {
        switch form {
        case .ago(let duration): now - duration
        case .at(let instant): instant
        }
    }

    /// RFC 3339, section 5.6, with `T` or, as in our own lists, a space; fractions of a second are ignored.
    private static func instant(_ text: [UInt8]) -> Timestamp? {
        guard text.count >= 20, let date = days(text[..<10]), [0x54, 0x74, 0x20].contains(text[10]),
            text[13] == colon, text[16] == colon, let hour = number(text[11..<13], 0...23),
            let minute = number(text[14..<16], 0...59), let second = number(text[17..<19], 0...60)
        else { return nil }
        var rest = text[19...]
        if rest.first == UInt8(ascii: ".") {
            let digits = rest.dropFirst().prefix { (0x30...0x39).contains($0) }
            guard !digits.isEmpty else { return nil }
            rest = rest[digits.endIndex...]
        }
        guard let offset = offset(Array(rest)) else { return nil }
        return Timestamp(seconds: date * 86400 + hour * 3600 + minute * 60 + second - offset)
    }

    private static let colon = UInt8(ascii: ":")

    /// Seconds east of UTC.
    private static func offset(_ text: [UInt8]) -> Int64? {
        if text == [0x5A] || text == [0x7A] { return 0 }
        guard text.count == 6, text[0] == UInt8(ascii: "+") || text[0] == UInt8(ascii: "-"), text[3] == colon,
            let hours = number(text[1..<3], 0...23), let minutes = number(text[4..<6], 0...59)
        else { return nil }
        return (text[0] == UInt8(ascii: "-") ? -1 : 1) * (hours * 3600 + minutes * 60)
    }

    /// Days since 1970-01-01 of `YYYY-MM-DD` in the Gregorian calendar.
    private static func days(_ text: ArraySlice<UInt8>) -> Int64? {
        let hyphen = UInt8(ascii: "-")
        guard text[4] == hyphen, text[7] == hyphen, let year = number(text[0..<4], 1970...9999),
            let month = number(text[5..<7], 1...12)
        else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard let day = number(text[8..<10], 1...lengths[Int(month) - 1]) else { return nil }
        let before = year - 1
        let leaps = before / 4 - before / 100 + before / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400)
        return (year - 1970) * 365 + leaps + lengths[..<(Int(month) - 1)].reduce(0, +) + day - 1
    }

    private static func number(_ digits: ArraySlice<UInt8>, _ range: ClosedRange<Int64>) -> Int64? {
        guard digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let value = digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        return range.contains(value) ? value : nil
    }
}
