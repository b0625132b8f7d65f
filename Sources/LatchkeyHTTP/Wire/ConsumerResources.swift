/// A service that polls the revocation list and gave its name with `?consumer=`, or by authenticating.
package struct ConsumerResource: Codable, Sendable, Equatable {
    package let name: String
    /// Everything up to this `seq` has reached it; absent before it asked for a delta.
    package let acknowledgedSeq: Int64?
    /// How many entries it is behind now.
    package let lag: Int64
    /// For how long it has been behind, in seconds; 0 when it is up to date.
    package let lagSeconds: Int64
    /// Since when it is behind (Unix seconds); absent when it is up to date.
    package let behindSince: Int64?
    /// When it last asked or was answered, Unix seconds.
    package let lastSeenAt: Int64
    package let address: String
    /// Whether it still polls.
    package let state: State

    package enum State: String, Codable, Sendable, CaseIterable {
        case current, lagging
        /// Silent for far longer than it used to be between two polls: it was taken away, or does not work.
        case gone
    }

    package init(
        name: String, acknowledgedSeq: Int64?, lag: Int64, lagSeconds: Int64, behindSince: Int64?, lastSeenAt: Int64,
        address: String, state: State
    ) {
        self.name = name
        self.acknowledgedSeq = acknowledgedSeq
        self.lag = lag
        self.lagSeconds = lagSeconds
        self.behindSince = behindSince
        self.lastSeenAt = lastSeenAt
        self.address = address
        self.state = state
    }

    enum CodingKeys: String, CodingKey {
        case name, lag, address, state
        case acknowledgedSeq = "acknowledged_seq"
        case lagSeconds = "lag_seconds"
        case behindSince = "behind_since"
        case lastSeenAt = "last_seen_at"
    }
}

/// `GET /api/v1/admin/revocations/{seq}`: one live entry, and which known consumers have it.
package struct RevocationSpread: Codable, Sendable {
    package let revocation: RevocationResource
    /// Consumers that have acknowledged this `seq`.
    package let acknowledged: [ConsumerResource]
    /// Consumers that poll and have not: they may still accept what the entry revokes.
    package let pending: [ConsumerResource]
    /// Consumers that have not, and poll no more.
    package let gone: [ConsumerResource]
    /// Whether the names are those of authenticated clients; otherwise anybody may poll under any name, and the answer is
    /// worth as much as the network is trusted.
    package let namesAreAuthenticated: Bool

    package init(
        revocation: RevocationResource, acknowledged: [ConsumerResource], pending: [ConsumerResource],
        gone: [ConsumerResource], namesAreAuthenticated: Bool
    ) {
        self.namesAreAuthenticated = namesAreAuthenticated
        self.revocation = revocation
        self.acknowledged = acknowledged
        self.pending = pending
        self.gone = gone
    }

    enum CodingKeys: String, CodingKey {
        case revocation, acknowledged, pending, gone
        case namesAreAuthenticated = "names_are_authenticated"
    }
}
