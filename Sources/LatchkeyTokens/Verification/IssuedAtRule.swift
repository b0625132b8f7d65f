/// `iat` is not later than now, give or take the clock skew: a token from the future would slip past revocations that
/// end everything issued until their own instant.
public struct IssuedAtRule: Sendable {
    /// How far the clocks may disagree.
    public let skew: ClockSkew

    /// A rule with this skew.
    public init(skew: ClockSkew) {
        self.skew = skew
    }

    /// - Throws: ``VerificationError/issuedInFuture``.
    public func check(_ claims: AccessTokenClaims, now: Timestamp) throws(VerificationError) {
        guard claims.issuedAt <= now + skew.duration else { throw .issuedInFuture }
    }
}
