import LatchkeyTokens

/// What happens to a good token while the revocation list is too old to prove that the token is not revoked.
///
/// Every policy refuses a token that has expired, is forged, or is on the list as known. <doc:Freshness> says which
/// policy to choose.
public struct FreshnessPolicy: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case failClosed
        case allow(evenBlind: Bool)
        case introspect(always: Bool)
    }

    let kind: Kind

    /// Refuses unless the list is fresh: a revoked token is refused within `expires_in`, whatever happens. The default.
    public static let failClosed = FreshnessPolicy(kind: .failClosed)
    /// Accepts while the list is stale; refuses while none was ever loaded. A revocation may then be missed for as long
    /// as the server cannot be reached, at most until the token expires.
    public static let allowWhenStale = FreshnessPolicy(kind: .allow(evenBlind: false))
    /// Accepts even when no list was ever loaded, for instance after a restart of this service while the server cannot
    /// be reached: then even old revocations are missed. For calls that do no harm.
    public static let allowEvenWhenBlind = FreshnessPolicy(kind: .allow(evenBlind: true))
    /// Asks the server about this token while the list is not fresh, with ``TokenVerifier/Configuration/credentials``;
    /// refuses when the server gives no usable answer.
    public static let introspectWhenNotFresh = FreshnessPolicy(kind: .introspect(always: false))
    /// Asks the server about this token every time: for the few calls that must not miss a revocation of the last
    /// moment.
    public static let introspectAlways = FreshnessPolicy(kind: .introspect(always: true))

    /// What to do with a token that passed every other check.
    enum Decision: Sendable, Hashable {
        case accept
        case refuse(VerificationError)
        case introspect
    }

    /// Pure: the complete table of policies and states.
    func decision(_ freshness: RevocationListState.Freshness) -> Decision {
        switch (kind, freshness) {
        case (.introspect(always: true), _): .introspect
        case (_, .fresh): .accept
        case (.introspect, _): .introspect
        case (.allow, .stale), (.allow(evenBlind: true), .blind): .accept
        case (_, .stale): .refuse(.listStale)
        case (_, .blind): .refuse(.listBlind)
        }
    }
}
