/// An access token as received: it has the right form, but anybody may have written it.
package struct UnverifiedToken: Sendable {
    /// The parts of the token.
    package let jws: JWS

    /// Parses a token; its claims stay unread until the signature was verified.
    ///
    /// - Throws: ``MalformedToken``.
    package init(parsing text: String) throws(MalformedToken) {
        try self.init(parsing: text, headers: KnownHeaders())
    }

    /// As ``init(parsing:)``, with headers that need not be parsed again.
    ///
    /// - Throws: ``MalformedToken``.
    package init(parsing text: String, headers: KnownHeaders) throws(MalformedToken) {
        // The length of the UTF-8 form is known without copying it.
        guard text.utf8.count <= JWS.maximumLength else { throw MalformedToken(.tooLong) }
        jws = try JWS(parsing: Array(text.utf8), headers: headers)
    }

    /// The claims, unchecked: to show to a person, never for a decision.
    ///
    /// - Throws: ``MalformedToken``.
    package func unverifiedClaims() throws(MalformedToken) -> AccessTokenClaims {
        try AccessTokenClaims(parsing: jws.payload)
    }

    /// Checks type, algorithm, key and signature, then the claims by `rules`.
    ///
    /// - Parameters:
    ///   - keys: looks a key up by the token's `kid`; nil for an unknown one.
    ///   - now: the caller's clock.
    ///   - passed: called for each step that the token has passed, for debugging a refusal.
    /// - Throws: ``VerificationError``: the first reason against the token, in the order above.
    package func verified(
        keys: (KeyID) -> VerificationKey?,
        rules: AccessTokenRules,
        now: Timestamp,
        passed: (VerificationStep) -> Void = { _ in }
    ) throws(VerificationError) -> VerifiedToken {
        let token = try signed(keys: keys, algorithms: rules.algorithms, passed: passed)
        return try token.verified(rules: rules, now: now, passed: passed)
    }

    /// Checks type, algorithm, key and signature, and reads the claims, which are not checked yet.
    ///
    /// - Parameter alias: a second `typ` that is accepted. The claims alone tell an access token from others then: none
    ///   of ours has all of `jti`, `client_id` and `exp`.
    /// - Throws: ``VerificationError``: the first reason against the token, in the order above.
    package func signed(
        keys: (KeyID) -> VerificationKey?,
        algorithms: Set<JWSAlgorithm>,
        alias: String? = nil,
        passed: (VerificationStep) -> Void = { _ in }
    ) throws(VerificationError) -> SignedToken {
        let keyID = try jws.verifySignature(
            type: JWSHeader.accessTokenType, alias: alias, algorithms: algorithms, keys: keys, passed: passed)
        do throws(MalformedToken) {
            let claims = try AccessTokenClaims(parsing: jws.payload)
            passed(.claims)
            return SignedToken(
                VerifiedToken(
                    claims: claims, keyID: keyID, algorithm: jws.header.algorithm,
                    isTyped: jws.header.hasType(JWSHeader.accessTokenType)))
        } catch {
            throw .malformed(error)
        }
    }
}

/// A token with a valid signature, and nothing more: it may be expired, revoked or for another audience.
package struct SignedToken: Sendable {
    /// The result if every rule agrees. It is passed on as it is, because a copy of all claims costs as much as reading
    /// some of them.
    private let candidate: VerifiedToken

    fileprivate init(_ candidate: VerifiedToken) {
        self.candidate = candidate
    }

    /// Checks the claims against `rules`.
    ///
    /// - Throws: ``VerificationError`` of the first rule that refuses.
    package consuming func verified(
        rules: AccessTokenRules, now: Timestamp, passed: (VerificationStep) -> Void = { _ in }
    ) throws(VerificationError) -> VerifiedToken {
        try rules.check(candidate.claims, keyID: candidate.keyID, now: now, passed: passed)
        return candidate
    }
}

/// An access token that passed every check at the instant of checking.
public struct VerifiedToken: Sendable {
    /// The issuer's statement.
    public let claims: AccessTokenClaims
    /// The key that signed it.
    public let keyID: KeyID
    /// The algorithm of the signature.
    public let algorithm: JWSAlgorithm
    /// Whether `typ` says that it is an access token.
    package let isTyped: Bool
}
