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
    /// The place of each token of ``tokens``.
    private(set) var places: [UInt32] = []
    private(set) var tokens: [RevocationSubject] = []
    var built: Built?

    init(_ record: StatusListRecord) {
        self.record = record
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
