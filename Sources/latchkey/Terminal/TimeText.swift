import Foundation

/// Instants for people: UTC, to the second.
enum TimeText {
    /// `2026-11-23 15:04:05Z`
    static func string(_ seconds: Int64) -> String {
        let text = Date(timeIntervalSince1970: TimeInterval(seconds)).formatted(.iso8601)
        return text.replacing("T", with: " ")
    }

    /// The same for an instant that may not have come.
    static func ifAny(_ seconds: Int64?) -> String? {
        seconds.map { string($0) }
    }
}
