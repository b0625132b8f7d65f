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
        /// Silent for far longer than it used to be between two polls: it was taken away, or does not work.
        case gone
    }

    package static let schema = ObjectSchema(
        resource: "Consumer", "A named poller of the list.", ConsumerResource.init,
        Member("name", \.name),
        Member(
            "acknowledged_seq", \.acknowledgedSeq,
            "Everything up to this seq has reached it; absent before it asked for a delta."),
        Member("lag", \.lag, "How many entries it is behind now."),
        Member("lag_seconds", \.lagSeconds, "For how long it has been behind."),
        Member("behind_since", \.behindSince, "Unix seconds; absent when it is up to date."),
        Member("last_seen_at", \.lastSeenAt, "When it last asked or was answered, Unix seconds."),
        Member("address", \.address),
        Member("state", \.state, "gone: it polls no more."))
}

/// `GET /api/v1/admin/revocations/{seq}`: one live entry, and which known consumers have it.
package struct RevocationSpread: WireObject {
    package let revocation: RevocationResource
    package let acknowledged: [ConsumerResource]
    package let pending: [ConsumerResource]
    package let gone: [ConsumerResource]
    /// Otherwise the answer is worth as much as the network is trusted.
    package let namesAreAuthenticated: Bool

    package static let schema = ObjectSchema(
        resource: "RevocationSpread", "A live entry and who has it.", RevocationSpread.init,
        Member("revocation", \.revocation),
        Member("acknowledged", \.acknowledged, "Consumers that have it."),
        Member("pending", \.pending, "Consumers that poll and have not: they may still accept what it revokes."),
        Member("gone", \.gone, "Consumers that have not, and poll no more."),
        Member("names_are_authenticated", \.namesAreAuthenticated, "False: anybody may poll under any name."))
}
