import Foundation

/// Numbers as the report writes them, whatever the language of the system.
enum Number {
    static func fixed(_ value: Double, _ digits: Int) -> String {
        value.formatted(
            .number.precision(.fractionLength(digits)).grouping(.never).locale(Locale(identifier: "en_US_POSIX")))
    }

    /// A limit or a mark, which somebody chose: without zeros at its end.
    static func mark(_ value: Double) -> String {
        value.formatted(
            .number.precision(.fractionLength(0...3)).grouping(.never).locale(Locale(identifier: "en_US_POSIX")))
    }

    /// With as many digits as are worth reading.
    static func text(_ value: Double) -> String {
        if value == value.rounded(), abs(value) < 1e15 { return fixed(value, 0) }
        return switch abs(value) {
        case 1000...: fixed(value, 0)
        case 100...: fixed(value, 1)
        case 10...: fixed(value, 2)
        default: fixed(value, 3)
        }
    }
}

/// The report goes to standard output, what is going on to standard error.
enum Console {
    static func line(_ text: String = "") {
        try? FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
    }

    static func note(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(("==> " + text + "\n").utf8))
    }
}
