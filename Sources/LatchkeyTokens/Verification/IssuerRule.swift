/// `iss` is the expected issuer, byte for byte: no case folding, no forgiven slash (RFC 9068 section 4).
public struct IssuerRule: Sendable {
    /// The one issuer.
    public let issuer: String

    /// Accepts this issuer only.
    public init(_ issuer: String) {
        self.issuer = issuer
    }

    /// - Throws: ``VerificationError/wrongIssuer``.
    public func check(_ claims: AccessTokenClaims) throws(VerificationError) {
        guard claims.issuer.utf8.elementsEqual(issuer.utf8) else { throw .wrongIssuer }
    }
}
