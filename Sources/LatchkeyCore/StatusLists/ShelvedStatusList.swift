import LatchkeyTokens

/// One list in memory: which token has which place, and the list as it was last signed.
struct ShelvedStatusList: Sendable {
    /// A signed list.
    struct Built: Sendable {
        let signed: SignedStatusList
        let statuses: StatusList
        let builtAt: Timestamp
        let keyID: KeyID
        /// The `seq` of the revocation list that it includes.
        var sequence: Int64
        /// How many of the first rows it includes.
        var rows: Int
    }

    let record: StatusListRecord
    /// Whether all its places are given by this process, which then knows them all.
    let isOwn: Bool
    /// The place of each token of ``tokens``.
    private(set) var places: [UInt32] = []
    private(set) var tokens: [RevocationSubject] = []
    var built: Built?
    /// Of a list of another node: the `seq` as of which its rows were read.
    private(set) var readAt: Int64?
    /// The places of ``tokens`` again, where rows are read that may be known.
    private(set) var known: Set<UInt32> = []

    init(_ record: StatusListRecord, isOwn: Bool = true) {
        self.record = record
        self.isOwn = isOwn
    }

    /// Adds the rows of another node's list that are not known.
    mutating func read(_ rows: [StatusEntry], sequence: Int64) {
        for row in rows where known.insert(UInt32(truncatingIfNeeded: row.place)).inserted {
            places.append(UInt32(truncatingIfNeeded: row.place))
            tokens.append(row.token)
        }
        readAt = sequence
    }

    /// Whether tokens that are revoked as of this `seq` may have rows that are not known.
    func lacksRows(at sequence: Int64) -> Bool { !isOwn && readAt.map { $0 < sequence } ?? true }

    /// The numbers of the revocation list have begun again.
    mutating func forgetJudgement() {
        built = nil
        readAt = nil
    }

    /// Adds a token's place. The signed list stays valid if the new token is not revoked as of the same `seq`.
    mutating func add(_ entry: StatusEntry, isRevoked: Bool, sequence: Int64) {
        places.append(UInt32(truncatingIfNeeded: entry.place))
        tokens.append(entry.token)
        if let built, !isRevoked, built.sequence == sequence, built.rows == tokens.count - 1 {
            self.built?.rows = tokens.count
        }
    }

    /// Every place's status: a pure function of the tokens and the revocations.
    ///
    /// Unused places of a list that an `all` entry covers are INVALID too. After a restored backup the list may lack
    /// rows, and the tokens of those rows must not read as valid.
    func statuses(_ revocations: RevocationIndex) -> StatusList {
        guard !record.isCovered(byAll: revocations.everybodyIssuedBefore) else {
            return StatusList(width: .one, count: record.size, filledWith: .invalid)
        }
        var list = StatusList(width: .one, count: record.size)
        for (place, token) in zip(places, tokens) where revocations.revokes(token) { list[Int(place)] = .invalid }
        return list
    }
}

/// A Token Status List, ready to be sent.
package struct SignedStatusList: Sendable {
    /// Compact JWS, ASCII.
    package let text: [UInt8]
    /// Weak entity tag; it changes whenever the list is signed again.
    package let etag: String
}
