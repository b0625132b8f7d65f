/// A service's requirements for an access token, apart from its signature.
package struct AccessTokenRules: Sendable {
    /// The expected issuer.
    package var issuer: IssuerRule
    /// The service's own name; nil accepts tokens for any audience, which only the issuer itself should do.
    package var audience: AudienceRule?
    /// The accepted algorithms; each key is bound to one of them as well.
    package var algorithms: Set<JWSAlgorithm>
    /// How far the clocks may disagree.
    package var skew: ClockSkew
    /// The revocation list; nil when the caller checks revocation elsewhere.
    package var revocation: RevocationRule?

    /// - Parameter skew: clamped to 0 to 120 s.
    package init(
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

    /// Applies every rule to claims whose signature is valid.
    ///
    /// - Parameter passed: called for each step that the claims have passed.
    /// - Throws: ``VerificationError`` of the first rule that refuses.
    package func check(
        _ claims: AccessTokenClaims,
        keyID: KeyID,
        now: Timestamp,
        passed: (VerificationStep) -> Void = { _ in }
    ) throws(VerificationError) {
        try issuer.check(claims)
        passed(.issuer)
        if let audience {
            try audience.check(claims)
            passed(.audience)
        }
        try ExpiryRule(skew: skew).check(claims, now: now)
        passed(.expiry)
        try IssuedAtRule(skew: skew).check(claims, now: now)
        passed(.issuedAt)
        try LifetimeRule().check(claims)
        passed(.lifetime)
        if let revocation {
            try revocation.check(claims, keyID: keyID)
            passed(.revocation)
        }
    }
}

/// `iss` is the expected issuer, byte for byte: no case folding, no tolerated slash (RFC 9068 section 4).
package struct IssuerRule: Sendable {
    /// The one issuer.
    package let issuer: String
    private let isASCII: Bool

    /// Accepts this issuer only.
    package init(_ issuer: String) {
        self.issuer = issuer
        isASCII = issuer.utf8.allSatisfy { $0 < 0x80 }
    }

    /// - Throws: ``VerificationError/wrongIssuer``.
    package func check(_ claims: AccessTokenClaims) throws(VerificationError) {
        // `==` compares fastest. Some letters are canonically equivalent to others, but none of the same length to
        // ASCII.
        let isSame =
            isASCII
            ? claims.issuer.utf8.count == issuer.utf8.count && claims.issuer == issuer
            : claims.issuer.utf8.elementsEqual(issuer.utf8)
        guard isSame else { throw .wrongIssuer }
    }
}

/// `aud` names this service (RFC 9068 section 4).
package struct AudienceRule: Sendable {
    /// The name under which tokens are issued for this service.
    package let audience: String

    /// Accepts tokens that name this audience, among others or alone.
    package init(_ audience: String) {
        self.audience = audience
    }

    /// - Throws: ``VerificationError/wrongAudience``.
    package func check(_ claims: AccessTokenClaims) throws(VerificationError) {
        guard claims.audience.contains(where: { $0.utf8.elementsEqual(audience.utf8) }) else { throw .wrongAudience }
    }
}

/// `exp` is after `iat`, by at most an hour: a revocation outlives every token that it matches only if no token lives
/// longer.
package struct LifetimeRule: Sendable {
    /// The longest lifetime of any access token, in seconds.
    package static let maximumSeconds: Int64 = 3600

    /// The rule; it has no settings.
    package init() {}

    /// - Throws: ``VerificationError/lifetimeOutOfBounds``.
    package func check(_ claims: AccessTokenClaims) throws(VerificationError) {
        let lifetime = claims.expiresAt.seconds - claims.issuedAt.seconds
        guard (1...Self.maximumSeconds).contains(lifetime) else { throw .lifetimeOutOfBounds }
    }
}

/// Now is before `exp` and not before `nbf`, allowing for the clock skew (RFC 7519 sections 4.1.4 and 4.1.5).
package struct ExpiryRule: Sendable {
    /// How far the clocks may disagree.
    package let skew: ClockSkew

    /// A rule with this skew.
    package init(skew: ClockSkew) {
        self.skew = skew
    }

    /// - Throws: ``VerificationError/expired``, ``VerificationError/notYetValid``.
    package func check(_ claims: AccessTokenClaims, now: Timestamp) throws(VerificationError) {
        guard now < claims.expiresAt + skew.duration else { throw .expired }
        if let notBefore = claims.notBefore, now + skew.duration < notBefore { throw .notYetValid }
    }
}

/// `iat` is not later than now, allowing for the clock skew: a token from the future would escape revocations of
/// everything issued until their own instant.
package struct IssuedAtRule: Sendable {
    /// How far the clocks may disagree.
    package let skew: ClockSkew

    /// A rule with this skew.
    package init(skew: ClockSkew) {
        self.skew = skew
    }

    /// - Throws: ``VerificationError/issuedInFuture``.
    package func check(_ claims: AccessTokenClaims, now: Timestamp) throws(VerificationError) {
        guard claims.issuedAt <= now + skew.duration else { throw .issuedInFuture }
    }
}

/// No live entry of the revocation list matches.
///
/// Says nothing about the age of the list: check ``RevocationListState/freshness(at:)`` as well.
package struct RevocationRule: Sendable {
    /// The current list.
    package var index: RevocationIndex { list.index }
    private let list: SharedIndex

    /// A dozen tables behind one reference, because rules are copied for each token.
    private final class SharedIndex: Sendable {
        let index: RevocationIndex

        init(_ index: RevocationIndex) {
            self.index = index
        }
    }

    /// A rule over one state of the list.
    package init(_ index: RevocationIndex) {
        list = SharedIndex(index)
    }

    /// - Throws: ``VerificationError/revoked`` with the entry.
    package func check(_ claims: AccessTokenClaims, keyID: KeyID) throws(VerificationError) {
        guard let entry = list.index.firstMatch(for: claims, keyID: keyID) else { return }
        throw VerificationError(
            VerificationError.revoked.code.rawValue,
            detail: "\(entry.kind.rawValue) entry \(entry.sequence)",
            revocation: entry
        )
    }
}

/// How far two clocks may disagree. Never more than 120 s: revocations leave the list that long after the last token
/// that they could match.
package struct ClockSkew: Sendable, Hashable {
    /// The largest skew.
    package static let maximum: Duration = .seconds(120)

    /// Between zero and ``maximum``.
    package let duration: Duration

    /// The skew, clamped to its limits.
    package init(_ duration: Duration) {
        self.duration = min(max(duration, .zero), Self.maximum)
    }
}
