/// Why a JSON Web Key or a set of them was refused. Never quotes key material.
public struct MalformedKey: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of refusal.
    public enum Reason: String, Sendable, Hashable {
        /// Not a strict JSON object, or a set without a `keys` array.
        case badJSON = "bad JSON"
        /// A member that is missing or has the wrong type or form.
        case badMember = "bad member"
        /// Of a kind, curve, algorithm or use that is not known here; a set passes over such keys.
        case unsupported = "unsupported"
        /// Holds a private or a symmetric key: whoever published it has a larger problem.
        case containsSecret = "contains a secret"
        /// An EC point that is not on the curve, or an Ed25519 point of small order or in no canonical form.
        case invalidPoint = "invalid point"
        /// RSA below 2048 or above 8192 bits, or an exponent that is even, 1, or longer than 32 bits.
        case weakRSA = "RSA key out of bounds"
        /// Two keys of a set with one `kid`.
        case duplicateKeyID = "duplicate kid"
        /// More keys or bytes than the caps allow.
        case tooLarge = "too large"
    }

    /// What is wrong.
    public let reason: Reason
    /// The member concerned; nil when it is none in particular.
    public let member: String?

    init(_ reason: Reason, member: String? = nil) {
        self.reason = reason
        self.member = member
    }

    /// Both parts in English.
    public var description: String { member.map { "\(reason.rawValue): \($0)" } ?? reason.rawValue }
}
