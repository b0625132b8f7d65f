/// A service that polls the revocation list and gave its name with `?consumer=`, or by authenticating.
package struct ConsumerResource: WireObject, Equatable {
    package let name: String
    package let acknowledgedSeq: Int64?
    package let lag: Int64
    package let lagSeconds: Int64
    package let behindSince: Int64?
    package let lastSeenAt: Int64
    package let address: String
    package let state: State

    package enum State: String, CaseIterable, WireValue {
        case current, lagging
        /// Silent for far longer than its usual time between two polls: it was removed, or does not work.
        case gone
    }

    package static let schema = ObjectSchema(
        resource: "Consumer", "A named poller of the list.", ConsumerResource.init,
        Member("name", \.name),
        Member(
            "acknowledged_seq", \.acknowledgedSeq,
            "It has everything up to this seq; absent until it first asks for a delta."),
        Member("lag", \.lag, "How many entries it is behind now."),
        Member("lag_seconds", \.lagSeconds, "How long it has been behind."),
        Member("behind_since", \.behindSince, "Unix seconds; absent when it is up to date."),
        Member("last_seen_at", \.lastSeenAt, "When it last asked or was answered, Unix seconds."),
        Member("address", \.address),
        Member("state", \.state, "gone: it no longer polls."))
}

/// `GET /api/v1/admin/revocations/{seq}`: one live entry, and the known consumers that have it.
package struct RevocationSpread: WireObject {
    package let revocation: RevocationResource
    package let acknowledged: [ConsumerResource]
    package let pending: [ConsumerResource]
    package let gone: [ConsumerResource]
    /// Otherwise the answer is only as reliable as the network.
    package let namesAreAuthenticated: Bool

    package static let schema = ObjectSchema(
        resource: "RevocationSpread", "A live entry and the consumers that have it.", RevocationSpread.init,
        Member("revocation", \.revocation),
        Member("acknowledged", \.acknowledged, "Consumers that have it."),
        Member("pending", \.pending, "Consumers that poll but do not have it: they may still accept what it revokes."),
        Member("gone", \.gone, "Consumers that do not have it and no longer poll."),
        Member("names_are_authenticated", \.namesAreAuthenticated, "False: anybody may poll under any name."))
}
