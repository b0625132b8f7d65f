import LatchkeyTokens
package import Logging

/// Writes one line for each event to standard error, as text for people or as JSON for programs.
///
/// Control characters are escaped in both forms, so that text from a stranger can neither forge a line nor control a
/// terminal (ASVS 16.4.1). The length of a line is limited.
package struct LineLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let format: EffectiveSettings.LogFormat
    private let write: @Sendable (String) -> Void

    /// - Parameter write: receives each line with its line ending.
    package init(
        label: String, level: Logger.Level, format: EffectiveSettings.LogFormat,
        write: @escaping @Sendable (String) -> Void = { LineSink.standardError.write($0) }
    ) {
        self.label = label
        self.logLevel = level
        self.format = format
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let merged = metadata.merging(metadataProvider?.get() ?? [:]) { _, new in new }
            .merging(event.metadata ?? [:]) { _, new in new }
        var room = LineRoom()
        let message = room.fit("\(event.message)")
        var fields: [(String, String)] = []
        for (key, value) in merged.sorted(by: { $0.key < $1.key }) {
            guard let key = room.fitName(key) else { break }
            fields.append((key, room.fit("\(value)")))
        }
        write(Self.line(event.level, label, message, fields, format))
    }

    private static func line(
        _ level: Logger.Level, _ label: String, _ message: String, _ fields: [(String, String)],
        _ format: EffectiveSettings.LogFormat
    ) -> String {
        let time = LogTime.now()
        switch format {
        case .text:
            let tail = fields.map { " \($0.0)=\(escaped($0.1))" }.joined()
            return "\(time) \(level.rawValue) \(label): \(escaped(message))\(tail)\n"
        case .json:
            let line = JSONWriter.object { json in
                json.member("time", time)
                json.member("level", level.rawValue)
                json.member("logger", label)
                json.member("message", message)
                for (key, value) in fields { json.member(key, value) }
            }
            return String(decoding: line, as: UTF8.self) + "\n"
        }
    }

    private static func escaped(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control }) else { return text }
        return text.unicodeScalars.map { scalar in
            scalar.properties.generalCategory == .control
                ? "\\u{\(String(scalar.value, radix: 16))}" : String(scalar)
        }
        .joined()
    }
}

extension LineLogHandler {
    /// Sends every logger of the process here. Call it once, before the first logger is created.
    package static func bootstrap(_ settings: EffectiveSettings) {
        let level = settings.logLevel
        let format = settings.logFormat
        LineSink.standardError.tell { count in
            line(
                .warning, "latchkey.log", "Log lines were dropped because they could not be written",
                [("lk.dropped", "\(count)")], format)
        }
        LoggingSystem.bootstrap { LineLogHandler(label: $0, level: level, format: format) }
    }
}

/// The remaining length of a line.
private struct LineRoom {
    /// For one text, and for all texts of a line together, in bytes. A character that must be escaped counts as six.
    private static let longestText = 2048
    private static let longestLine = 8192

    private var left = longestLine

    /// The beginning of the text, as much as fits; a cut is marked by `…`.
    mutating func fit(_ text: String) -> String {
        let room = min(left, Self.longestText)
        var used = 0
        var kept = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let cost = Self.cost(scalar)
            guard used + cost <= room else {
                left -= used
                return String(kept) + "…"
            }
            used += cost
            kept.append(scalar)
        }
        left -= used
        return text
    }

    /// The name of a field; nil when it does not fit together with its punctuation and the mark of a cut value.
    mutating func fitName(_ text: String) -> String? {
        let cost = text.unicodeScalars.reduce(9) { $0 + Self.cost($1) }
        guard cost <= left else { return nil }
        left -= cost
        return text
    }

    private static func cost(_ scalar: Unicode.Scalar) -> Int {
        switch scalar {
        case "\"", "\\", "\u{7F}", ..<" ": 6
        default: max(UTF8.width(scalar), scalar.properties.generalCategory == .control ? 6 : 1)
        }
    }
}

/// The time of a log line.
enum LogTime {
    static func now() -> String { text(Timestamp.wallClock) }

    /// RFC 3339 with milliseconds, in UTC: `2026-11-28T14:02:07.042Z`.
    static func text(_ instant: Timestamp) -> String {
        let days = floored(instant.milliseconds, 86_400_000)
        let rest = instant.milliseconds - days * 86_400_000
        let (year, month, day) = date(days)
        let seconds = rest / 1000
        let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60].map { digits($0, 2) }.joined(separator: ":")
        return "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))T\(clock).\(digits(rest % 1000, 3))Z"
    }

    /// The Gregorian date this many days after 1970-01-01. Years begin in March here, so that the leap day is their
    /// last, and are counted in their cycles of 400.
    private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let cycle = floored(shifted, 146_097)
        let dayOfCycle = shifted - cycle * 146_097
        let year = (dayOfCycle - dayOfCycle / 1460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear = dayOfCycle - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        return (
            year + cycle * 400 + (month < 10 ? 0 : 1), month < 10 ? month + 3 : month - 9,
            dayOfYear - (153 * month + 2) / 5 + 1
        )
    }

    private static func floored(_ number: Int64, _ divisor: Int64) -> Int64 {
        let quotient = number / divisor
        return number % divisor < 0 ? quotient - 1 : quotient
    }

    private static func digits(_ number: Int64, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
}
