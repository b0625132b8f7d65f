/// How far two clocks may disagree. Never more than 120 s: revocations leave the list that long after the last token
/// that they could match.
public struct ClockSkew: Sendable, Hashable {
    /// The largest skew.
    public static let maximum: Duration = .seconds(120)

    /// Between zero and ``maximum``.
    public let duration: Duration

    /// The skew, brought into bounds.
    public init(_ duration: Duration) {
        self.duration = min(max(duration, .zero), Self.maximum)
    }
}
