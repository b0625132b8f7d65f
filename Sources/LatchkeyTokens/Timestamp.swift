#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// An instant: milliseconds since 1970-01-01T00:00:00Z. At the wire an instant is whole seconds (RFC 7519 NumericDate).
///
/// Arithmetic saturates at the ends of `Int64`, so that a hostile number cannot trap.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Milliseconds since the Unix epoch; negative before it.
    public let milliseconds: Int64

    /// The instant `milliseconds` after the Unix epoch.
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// The instant `seconds` after the Unix epoch, saturating.
    public init(seconds: Int64) {
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        milliseconds = overflow ? (seconds < 0 ? .min : .max) : product
    }

    /// Whole seconds since the Unix epoch, rounded down: the value for `iat` and `exp`.
    public var seconds: Int64 {
        let (quotient, remainder) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The machine's clock, which an administrator may set back. Issuing code uses the store's clock instead.
    public static var wallClock: Timestamp {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }

    /// Earlier before later.
    public static func < (lhs: Timestamp, rhs: Timestamp) -> Bool {
        lhs.milliseconds < rhs.milliseconds
    }

    /// Later by `duration`; parts below a millisecond are dropped.
    public static func + (lhs: Timestamp, duration: Duration) -> Timestamp {
        let step = milliseconds(of: duration)
        let (sum, overflow) = lhs.milliseconds.addingReportingOverflow(step)
        return Timestamp(milliseconds: overflow ? (step < 0 ? .min : .max) : sum)
    }

    /// Earlier by `duration`; parts below a millisecond are dropped.
    public static func - (lhs: Timestamp, duration: Duration) -> Timestamp {
        let step = milliseconds(of: duration)
        let (difference, overflow) = lhs.milliseconds.subtractingReportingOverflow(step)
        return Timestamp(milliseconds: overflow ? (step < 0 ? .max : .min) : difference)
    }

    /// The time from `rhs` to `lhs`: negative when `lhs` is the earlier one.
    public static func - (lhs: Timestamp, rhs: Timestamp) -> Duration {
        let (difference, overflow) = lhs.milliseconds.subtractingReportingOverflow(rhs.milliseconds)
        return .milliseconds(overflow ? (lhs < rhs ? .min : .max) : difference)
    }

    private static func milliseconds(of duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, carry) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return carry ? (seconds < 0 ? .min : .max) : sum
    }
}
