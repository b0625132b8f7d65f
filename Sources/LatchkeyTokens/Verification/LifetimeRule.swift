/// `exp` lies after `iat`, by at most an hour: a revocation outlives every token that it matches only if no token
/// lives longer.
public struct LifetimeRule: Sendable {
    /// The longest lifetime of any access token, in seconds.
    public static let maximumSeconds: Int64 = 3600

    /// The rule; it has no settings.
    public init() {}

    /// - Throws: ``VerificationError/lifetimeOutOfBounds``.
    public func check(_ claims: AccessTokenClaims) throws(VerificationError) {
        let lifetime = claims.expiresAt.seconds - claims.issuedAt.seconds
        guard (1...Self.maximumSeconds).contains(lifetime) else { throw .lifetimeOutOfBounds }
    }
}
