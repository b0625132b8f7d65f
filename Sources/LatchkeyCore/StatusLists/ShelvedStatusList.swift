import LatchkeyTokens

/// One list in memory: who has which place, and the list as it was last signed.
struct ShelvedStatusList: Sendable {
    /// A list that was signed.
    struct Built: Sendable {
        let signed: SignedStatusList
        let statuses: StatusList
        let builtAt: Timestamp
        let keyID: KeyID
        /// `seq` of the revocation list that it is up to.
        var sequence: Int64
        /// The first so many rows are in it.
        var rows: Int
    }

    let record: StatusListRecord
    /// The place of each token of ``tokens``.
    private(set) var places: [UInt32] = []
    private(set) var tokens: [RevocationSubject] = []
    var built: Built?

    init(_ record: StatusListRecord) {
        self.record = record
    }

    /// Adds a token's place. The signed list stays good when the newcomer is not revoked as of the same `seq`.
    mutating func add(_ entry: StatusEntry, isRevoked: Bool, sequence: Int64) {
        places.append(UInt32(truncatingIfNeeded: entry.place))
        tokens.append(entry.token)
        if let built, !isRevoked, built.sequence == sequence, built.rows == tokens.count - 1 {
            self.built?.rows = tokens.count
        }
    }

    /// Every place's status: a pure function of the tokens and the revocations.
    ///
    /// Unused places of a list that an `all` entry covers are INVALID too. After a backup was restored the list may have
    /// lost rows, and the tokens that they belonged to must not read as valid.
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
    /// Weak entity tag; another one whenever it is signed anew.
    package let etag: String
}
