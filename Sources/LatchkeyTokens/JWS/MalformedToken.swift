/// Why a text is not a token of ours, whoever signed it. Names the place, never quotes the token.
public struct MalformedToken: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of refusal.
    public enum Reason: String, Sendable, Hashable {
        /// Longer than the cap.
        case tooLong = "too long"
        /// Not three parts joined by two dots.
        case notCompact = "not a JWS in compact form"
        /// A part that is not canonical base64url without padding.
        case badBase64URL = "not canonical base64url"
        /// A header that is not a strict JSON object of the expected members.
        case badHeader = "bad header"
        /// An algorithm that is not asymmetric, not known, or missing.
        case unknownAlgorithm = "unknown algorithm"
        /// A header that demands an extension (`crit`, `b64`): we understand none.
        case criticalHeader = "critical header"
        /// A payload that is not a strict JSON object.
        case badPayload = "bad payload"
        /// A claim that is missing or has the wrong type, form or range.
        case badClaim = "bad claim"
    }

    /// What is wrong.
    public let reason: Reason
    /// The header member or claim concerned, from our own list of names; nil when it is none of them.
    public let member: String?

    init(_ reason: Reason, member: String? = nil) {
        self.reason = reason
        self.member = member
    }

    /// Both parts in English.
    public var description: String { member.map { "\(reason.rawValue): \($0)" } ?? reason.rawValue }
}
