/// Now lies before `exp` and not before `nbf`, give or take the clock skew (RFC 7519 sections 4.1.4 and 4.1.5).
public struct ExpiryRule: Sendable {
    /// How far the clocks may disagree.
    public let skew: ClockSkew

    /// A rule with this skew.
    public init(skew: ClockSkew) {
        self.skew = skew
    }

    /// - Throws: ``VerificationError/expired``, ``VerificationError/notYetValid``.
    public func check(_ claims: AccessTokenClaims, now: Timestamp) throws(VerificationError) {
        guard now < claims.expiresAt + skew.duration else { throw .expired }
        if let notBefore = claims.notBefore, now + skew.duration < notBefore { throw .notYetValid }
    }
}
