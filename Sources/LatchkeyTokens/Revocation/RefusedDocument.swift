/// Why a revocation document was not taken. Two refusals are equal when reason and detail are.
public struct RefusedDocument: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of refusal.
    public enum Reason: String, Sendable, Hashable {
        /// Longer than the cap, or more entries than the cap.
        case tooLarge = "too_large"
        /// Not a strict JSON object.
        case badJSON = "bad_json"
        /// A member that is missing or has the wrong type, form or range.
        case badMember = "bad_member"
        /// An entry of a kind that is not known, or whose members do not fit the kind. Leaving it out would let
        /// revoked tokens pass.
        case badEntry = "bad_entry"
        /// `after`, the entries' `seq` and `seq` do not ascend.
        case badOrder = "bad_order"
        /// From another issuer.
        case wrongIssuer = "wrong_issuer"
        /// `now` is later than the own clock by more than the skew.
        case fromTheFuture = "from_the_future"
        /// `now` is earlier than the last accepted document's by more than the skew, whatever the epoch.
        case outdated = "outdated"
        /// `seq` is lower than the last accepted one of the same epoch.
        case wentBackwards = "went_backwards"
        /// A delta that does not reach back to what is known: a full snapshot is needed.
        case gap = "gap"
    }

    /// What is wrong.
    public let reason: Reason
    /// The member concerned, from our own list of names, or nil.
    public let member: String?

    init(_ reason: Reason, member: String? = nil) {
        self.reason = reason
        self.member = member
    }

    /// Both parts.
    public var description: String { member.map { "\(reason.rawValue): \($0)" } ?? reason.rawValue }
}
