package import LatchkeyTokens

/// What goes by an instant that an index finds, or that stands at the head of its table. In this order: a status list
/// goes after its entries, which are found through it.
package enum ExpiredRows: Sendable, CaseIterable {
    case revocations
    case statusEntries
    case statusLists
    case auditEvents
    case formerNames
    case clientSecrets
    case loginCodes
}

/// By what a session counts as dead: see ``SweepRules/sessionBounds(_:now:)``.
package struct SessionBounds: Sendable {
    /// The absolute end was not later.
    package let expiredAt: Timestamp
    /// The last rotation or noted use was not later.
    package let unusedSince: Timestamp
    /// It was ended, by itself or by a watermark, not later.
    package let endedAt: Timestamp
}

/// A row that nobody can use any more.
package struct DeadSession: Sendable {
    package let id: SessionID
    /// As it was when the row was judged: a session that was refreshed since then lives.
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

/// Walks over tables in key order, for what no index finds: on a reader, since a statement that searched on the writer
/// would hold up all commits.
package protocol UpkeepLook {
    func counts(at instant: Timestamp) throws -> RowCounts
    /// - Returns: those that are dead among the next `limit` rows, and the last row's id; nil at the table's end.
    func deadSessions(
        after id: SessionID?, limit: Int, _ bounds: SessionBounds
    ) throws -> (dead: [DeadSession], last: SessionID?)
    func counters(
        after bucket: ThrottleBucket?, limit: Int
    ) throws -> [(bucket: ThrottleBucket, counter: FailureCounter)]
    func networks(after network: KnownNetwork?, limit: Int) throws -> [KnownNetwork]
}

package protocol UpkeepTable: UpkeepLook {
    /// - Returns: how many went, at most `limit`.
    func remove(_ rows: ExpiredRows, until instant: Timestamp, limit: Int) throws -> Int
    /// Those that are still as they were judged. Returns how many went.
    func remove(_ sessions: [DeadSession]) throws -> Int
    /// Unless it has counted since.
    func remove(_ bucket: ThrottleBucket, _ counter: FailureCounter) throws -> Bool
    /// Unless somebody has signed in from there since.
    func remove(_ network: KnownNetwork) throws -> Bool
}
