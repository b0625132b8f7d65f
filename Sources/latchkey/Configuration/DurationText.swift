import ArgumentParser

/// Durations as people write them: a whole number and a unit, `500ms`, `30s`, `5m`, `24h`, `14d`.
package enum DurationText {
    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// Nil unless it is 1 to 10 digits and a unit: no sign, no space, no fraction.
    package static func parse(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard (1...10).contains(digits.count), let number = Int64(digits),
            let unit = units.first(where: { $0.suffix == text[digits.endIndex...] })
        else { return nil }
        return .milliseconds(number * unit.milliseconds)
    }

    /// The shortest exact text down to milliseconds: 300 s is `5m`, 90 s is `90s`.
    package static func string(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000
        guard milliseconds != 0 else { return "0s" }
        let unit = units.last { milliseconds % $0.milliseconds == 0 } ?? units[0]
        return "\(milliseconds / unit.milliseconds)\(unit.suffix)"
    }
}

/// A duration on the command line: `30s`, `5m`, `14d`.
struct DurationArgument: ExpressibleByArgument, Sendable {
    let duration: Duration

    init(_ duration: Duration) { self.duration = duration }

    init?(argument: String) {
        guard let duration = DurationText.parse(argument) else { return nil }
        self.duration = duration
    }

    var defaultValueDescription: String { DurationText.string(duration) }

    /// For the wire: whole seconds.
    var seconds: Int64 { duration.components.seconds }
}

/// A duration that may also be removed: `default` returns to the issuer's setting.
struct DurationChange: ExpressibleByArgument, Sendable {
    /// `nil`: back to the issuer's setting.
    let duration: DurationArgument?

    init?(argument: String) {
        guard argument != "default" else {
            duration = nil
            return
        }
        guard let duration = DurationArgument(argument: argument) else { return nil }
        self.duration = duration
    }
}
