/// What a service demands of an access token besides its signature.
public struct AccessTokenRules: Sendable {
    /// The expected issuer.
    public var issuer: IssuerRule
    /// The service's own name; nil accepts tokens for anybody, which only the issuer itself should do.
    public var audience: AudienceRule?
    /// The algorithms accepted; each key is bound to one of them besides.
    public var algorithms: Set<JWSAlgorithm>
    /// How far the clocks may disagree.
    public var skew: ClockSkew
    /// The revocation list; nil when the caller asks elsewhere whether the token was revoked.
    public var revocation: RevocationRule?

    /// - Parameter skew: brought into 0 to 120 s.
    public init(
        issuer: String,
        audience: String?,
        algorithms: Set<JWSAlgorithm> = Set(JWSAlgorithm.allCases),
        skew: Duration = .seconds(60),
        revocations: RevocationIndex? = nil
    ) {
        self.issuer = IssuerRule(issuer)
        self.audience = audience.map(AudienceRule.init)
        self.algorithms = algorithms
        self.skew = ClockSkew(skew)
        revocation = revocations.map(RevocationRule.init)
    }

    /// Applies every rule to claims whose signature holds.
    ///
    /// - Throws: ``VerificationError`` of the first rule that refuses.
    public func check(_ claims: AccessTokenClaims, keyID: KeyID, now: Timestamp) throws(VerificationError) {
        try issuer.check(claims)
        try audience?.check(claims)
        try ExpiryRule(skew: skew).check(claims, now: now)
        try IssuedAtRule(skew: skew).check(claims, now: now)
        try LifetimeRule().check(claims)
        try revocation?.check(claims, keyID: keyID)
    }
}
