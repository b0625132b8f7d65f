import LatchkeyTokens

/// What becomes of a good token while the revocation list is too old to say that it was not revoked.
///
/// A token that is expired, forged or on the list as known is refused under every policy. Which one to choose is on
/// <doc:Freshness>.
public struct FreshnessPolicy: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case failClosed
        case allow(evenBlind: Bool)
        case introspect(always: Bool)
    }

    let kind: Kind

    /// Refuses unless the list is fresh: "revoked" means refused within `expires_in`, whatever happens. The default.
    public static let failClosed = FreshnessPolicy(kind: .failClosed)
    /// Accepts while the list is stale; refuses while none was ever loaded. A revocation may then be missed for as long
    /// as the server is away, at most until the token expires.
    public static let allowWhenStale = FreshnessPolicy(kind: .allow(evenBlind: false))
    /// Accepts even when no list was ever loaded, as after a restart of this service while the server is away: then not
    /// even revocations from long ago count. For calls that harm nobody.
    public static let allowEvenWhenBlind = FreshnessPolicy(kind: .allow(evenBlind: true))
    /// Asks the server about this token while the list is not fresh, with ``TokenVerifier/Configuration/credentials``;
    /// refuses when it gives no usable answer.
    public static let introspectWhenNotFresh = FreshnessPolicy(kind: .introspect(always: false))
    /// Asks the server about this token every time: for the few calls that must not miss what happened a moment ago.
    public static let introspectAlways = FreshnessPolicy(kind: .introspect(always: true))

    /// What to do with a token that passed everything else.
    enum Decision: Sendable, Hashable {
        case accept
        case refuse(VerificationError)
        case introspect
    }

    /// Pure: the whole table of policies and states.
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
