/// An access token as received: in form, but anybody may have written it.
public struct UnverifiedToken: Sendable {
    /// The parts of the token.
    public let jws: JWS

    /// Takes a token apart; its claims stay unread until the signature holds.
    ///
    /// - Throws: ``MalformedToken``.
    public init(parsing text: String) throws(MalformedToken) {
        // The length of the UTF-8 form is known without copying it.
        guard text.utf8.count <= JWS.maximumLength else { throw MalformedToken(.tooLong) }
        jws = try JWS(parsing: Array(text.utf8))
    }

    /// What the token claims, unchecked: to show to a person, never to decide by.
    ///
    /// - Throws: ``MalformedToken``.
    public func unverifiedClaims() throws(MalformedToken) -> AccessTokenClaims {
        try AccessTokenClaims(parsing: jws.payload)
    }

    /// Checks type, algorithm, key and signature, then the claims by `rules`.
    ///
    /// - Parameters:
    ///   - keys: looks a key up by the token's `kid`; nil for an unknown one.
    ///   - now: the caller's clock.
    /// - Throws: ``VerificationError``: the first reason against the token, in the order above.
    public func verified(
        keys: (KeyID) -> VerificationKey?,
        rules: AccessTokenRules,
        now: Timestamp
    ) throws(VerificationError) -> VerifiedToken {
        let keyID = try jws.verifySignature(type: JWSHeader.accessTokenType, algorithms: rules.algorithms, keys: keys)
        let claims: AccessTokenClaims
        do throws(MalformedToken) {
            claims = try AccessTokenClaims(parsing: jws.payload)
        } catch {
            throw .malformed(error)
        }
        try rules.check(claims, keyID: keyID, now: now)
        return VerifiedToken(claims: claims, keyID: keyID, algorithm: jws.header.algorithm)
    }
}

/// An access token that passed every check at the instant of checking.
public struct VerifiedToken: Sendable {
    /// What the issuer says.
    public let claims: AccessTokenClaims
    /// The key that signed it.
    public let keyID: KeyID
    /// The algorithm of the signature.
    public let algorithm: JWSAlgorithm
}

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

    init(_ code: String, detail: String? = nil, revocation: RevocationEntry? = nil) {
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
