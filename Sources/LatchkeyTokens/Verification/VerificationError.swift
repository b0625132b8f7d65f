/// Why a token or a signed list must not be trusted. Two errors are equal when their codes are.
public struct VerificationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A stable name of the reason. More may be added; none changes its meaning.
    public struct Code: Sendable, Hashable, RawRepresentable {
        /// The name in lower case with underscores.
        public let rawValue: String

        /// A code with this name.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }
    }

    /// The reason.
    public let code: Code
    /// What was found, for a log: never the token, never key material.
    public let detail: String?
    /// The matching entry of the revocation list, with ``revoked``.
    public let revocation: RevocationEntry?

    package init(_ code: String, detail: String? = nil, revocation: RevocationEntry? = nil) {
        self.code = Code(rawValue: code)
        self.detail = detail
        self.revocation = revocation
    }

    /// Not a token of the expected form.
    public static let malformed = VerificationError("malformed")
    /// Another kind of token: `typ` is missing or different.
    public static let wrongType = VerificationError("wrong_type")
    /// An algorithm that the rules do not allow, or that is not the key's.
    public static let algorithmNotAllowed = VerificationError("algorithm_not_allowed")
    /// No key is known yet, so no token can be verified.
    public static let noKeys = VerificationError("no_keys")
    /// No key with that `kid` is known.
    public static let unknownKey = VerificationError("unknown_key")
    /// The signature is not this key's signature of this text.
    public static let badSignature = VerificationError("bad_signature")
    /// From another issuer.
    public static let wrongIssuer = VerificationError("wrong_issuer")
    /// For another audience.
    public static let wrongAudience = VerificationError("wrong_audience")
    /// `exp` has passed.
    public static let expired = VerificationError("expired")
    /// `nbf` is still in the future.
    public static let notYetValid = VerificationError("not_yet_valid")
    /// `iat` is in the future.
    public static let issuedInFuture = VerificationError("issued_in_future")
    /// The lifetime is longer than allowed, or not positive.
    public static let lifetimeOutOfBounds = VerificationError("lifetime_out_of_bounds")
    /// An entry of the revocation list matches.
    public static let revoked = VerificationError("revoked")
    /// The list could not be renewed in time, and the caller's policy refuses in that case.
    public static let listStale = VerificationError("list_stale")
    /// No list was ever loaded.
    public static let listBlind = VerificationError("list_blind")
    /// The server says that the token is not active.
    public static let inactive = VerificationError("inactive")
    /// The policy requires asking the server about the token, and it gave no usable answer.
    public static let introspectionFailed = VerificationError("introspection_failed")

    /// Whether the same token may be accepted later, because something is missing at this service or at the server. A
    /// service then answers 503 with `Retry-After`, and 401 otherwise.
    public var isTemporary: Bool {
        [.noKeys, .listStale, .listBlind, .introspectionFailed].contains(self)
    }

    static func malformed(_ error: MalformedToken) -> VerificationError {
        VerificationError("malformed", detail: error.description)
    }

    /// By code alone.
    public static func == (lhs: VerificationError, rhs: VerificationError) -> Bool { lhs.code == rhs.code }

    /// By code alone.
    public func hash(into hasher: inout Hasher) { hasher.combine(code) }

    /// Code and detail.
    public var description: String { detail.map { "\(code.rawValue): \($0)" } ?? code.rawValue }
}
