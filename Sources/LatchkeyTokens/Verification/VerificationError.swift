/// Why a token or a signed list is not to be trusted. Two errors are equal when their codes are.
public struct VerificationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A stable name of the reason. More may be added; none changes its meaning.
    public struct Code: Sendable, Hashable, RawRepresentable {
        /// The name in lower case with underscores.
        public let rawValue: String

        /// A code of this name.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }
    }

    /// The reason.
    public let code: Code
    /// What was found, for a log: never the token, never key material.
    public let detail: String?
    /// The entry of the revocation list that matched, with ``revoked``.
    public let revocation: RevocationEntry?

    package init(_ code: String, detail: String? = nil, revocation: RevocationEntry? = nil) {
        self.code = Code(rawValue: code)
        self.detail = detail
        self.revocation = revocation
    }

    /// Signed or not, this is no token of the expected form.
    public static let malformed = VerificationError("malformed")
    /// Another kind of token: `typ` is missing or different.
    public static let wrongType = VerificationError("wrong_type")
    /// An algorithm that the rules do not allow, or that is not the key's.
    public static let algorithmNotAllowed = VerificationError("algorithm_not_allowed")
    /// No key at all is known yet, so that no token can be judged.
    public static let noKeys = VerificationError("no_keys")
    /// No key of that `kid` is known.
    public static let unknownKey = VerificationError("unknown_key")
    /// The signature is not this key's over this text.
    public static let badSignature = VerificationError("bad_signature")
    /// From another issuer.
    public static let wrongIssuer = VerificationError("wrong_issuer")
    /// For somebody else.
    public static let wrongAudience = VerificationError("wrong_audience")
    /// `exp` has passed.
    public static let expired = VerificationError("expired")
    /// `nbf` has not come yet.
    public static let notYetValid = VerificationError("not_yet_valid")
    /// `iat` lies in the future.
    public static let issuedInFuture = VerificationError("issued_in_future")
    /// Valid for longer than any token may be, or for no time at all.
    public static let lifetimeOutOfBounds = VerificationError("lifetime_out_of_bounds")
    /// The revocation list says so.
    public static let revoked = VerificationError("revoked")
    /// The list could not be renewed in time, and the caller's policy is to refuse then.
    public static let listStale = VerificationError("list_stale")
    /// No list was ever loaded.
    public static let listBlind = VerificationError("list_blind")
    /// The server says that the token is not active.
    public static let inactive = VerificationError("inactive")
    /// The server was to be asked about the token and gave no usable answer.
    public static let introspectionFailed = VerificationError("introspection_failed")

    /// Whether the same token may be accepted later: what is missing is missing on this side, or at the server. A service
    /// answers 503 with `Retry-After` then, and 401 otherwise.
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
