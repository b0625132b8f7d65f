/// No live entry of the revocation list matches.
///
/// Says nothing about the age of the list: ask ``RevocationListState/freshness(at:)`` as well.
public struct RevocationRule: Sendable {
    /// The list as it is now.
    public let index: RevocationIndex

    /// A rule over one state of the list.
    public init(_ index: RevocationIndex) {
        self.index = index
    }

    /// - Throws: ``VerificationError/revoked`` with the entry.
    public func check(_ claims: AccessTokenClaims, keyID: KeyID) throws(VerificationError) {
        guard let entry = index.firstMatch(for: claims, keyID: keyID) else { return }
        throw VerificationError(
            VerificationError.revoked.code.rawValue,
            detail: "\(entry.kind.rawValue) entry \(entry.sequence)",
            revocation: entry
        )
    }
}
