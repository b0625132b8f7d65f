/// `aud` names this service (RFC 9068 section 4).
public struct AudienceRule: Sendable {
    /// The name under which tokens are issued for this service.
    public let audience: String

    /// Accepts tokens that name this audience, among others or alone.
    public init(_ audience: String) {
        self.audience = audience
    }

    /// - Throws: ``VerificationError/wrongAudience``.
    public func check(_ claims: AccessTokenClaims) throws(VerificationError) {
        guard claims.audience.contains(where: { $0.utf8.elementsEqual(audience.utf8) }) else { throw .wrongAudience }
    }
}
