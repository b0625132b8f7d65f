/// A service that polls the revocation list and gave its name with `?consumer=`.
package struct ConsumerResource: Codable, Sendable, Equatable {
    package let name: String
    /// Everything up to this `seq` has reached it; absent before it asked for a delta.
    package let acknowledgedSeq: Int64?
    /// How many entries it is behind now.
    package let lag: Int64
    /// Since when it is behind (Unix seconds); absent when it is up to date.
    package let behindSince: Int64?
    /// Unix seconds.
    package let lastSeenAt: Int64
    package let address: String

    package init(
        name: String, acknowledgedSeq: Int64?, lag: Int64, behindSince: Int64?, lastSeenAt: Int64, address: String
    ) {
        self.name = name
        self.acknowledgedSeq = acknowledgedSeq
        self.lag = lag
        self.behindSince = behindSince
        self.lastSeenAt = lastSeenAt
        self.address = address
    }

    enum CodingKeys: String, CodingKey {
        case name, lag, address
        case acknowledgedSeq = "acknowledged_seq"
        case behindSince = "behind_since"
        case lastSeenAt = "last_seen_at"
    }
}
