package import LatchkeyTokens

/// Rows that expire at an instant that an index finds, or that are at the head of their table. In this order: a status
/// list goes after its entries, which are found through it.
package enum ExpiredRows: Sendable, CaseIterable {
    case revocations
    case statusEntries
    case statusLists
    case auditEvents
    case formerNames
    case clientSecrets
    case codes
    case signIns
}

/// The limits at which a session counts as dead: see ``SweepRules/sessionBounds(_:now:)``.
package struct SessionBounds: Sendable {
    /// The absolute end was at or before this instant.
    package let expiredAt: Timestamp
    /// The last rotation or noted use was at or before this instant.
    package let unusedSince: Timestamp
    /// It was ended, individually or by a watermark, at or before this instant.
    package let endedAt: Timestamp
}

/// A row that can no longer be used.
package struct DeadSession: Sendable {
    package let id: SessionID
    /// The value when the row was judged: a session that was refreshed since then lives.
    package let rotatedAt: Int64

    package init(id: SessionID, rotatedAt: Int64) {
        self.id = id
        self.rotatedAt = rotatedAt
    }
}

/// A network as the sweep sees it.
package struct KnownNetwork: Sendable {
    package let user: UserID
    package let network: String
    package let lastSuccess: Timestamp

    package init(user: UserID, network: String, lastSuccess: Timestamp) {
        self.user = user
        self.network = network
        self.lastSuccess = lastSuccess
    }
}

/// Walks over tables in key order, for what no index finds. It uses a reader, because a searching statement on the
/// writer would hold up all commits.
package protocol UpkeepLook {
    func counts(at instant: Timestamp) throws -> RowCounts
    /// - Returns: the dead sessions among the next `limit` rows, and the last row's id; nil at the table's end.
    func deadSessions(
        after id: SessionID?, limit: Int, _ bounds: SessionBounds
    ) throws -> (dead: [DeadSession], last: SessionID?)
    func counters(
        after bucket: ThrottleBucket?, limit: Int
    ) throws -> [(bucket: ThrottleBucket, counter: FailureCounter)]
    func networks(after network: KnownNetwork?, limit: Int) throws -> [KnownNetwork]
}

package protocol UpkeepTable: UpkeepLook {
    /// - Returns: how many were removed, at most `limit`.
    func remove(_ rows: ExpiredRows, until instant: Timestamp, limit: Int) throws -> Int
    /// Removes those that have not changed since they were judged. Returns how many were removed.
    func remove(_ sessions: [DeadSession]) throws -> Int
    /// Unless it has counted since.
    func remove(_ bucket: ThrottleBucket, _ counter: FailureCounter) throws -> Bool
    /// Unless the user has signed in from there since.
    func remove(_ network: KnownNetwork) throws -> Bool
}
