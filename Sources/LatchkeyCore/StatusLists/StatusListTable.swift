package import LatchkeyTokens

package protocol StatusListLook {
    /// Lists that have not retired, by number, from this number on.
    func lists(from number: Int64, at instant: Timestamp) throws -> [StatusListRecord]
    /// Entries after a place, in order, at most `limit`.
    func entries(of list: StatusListRecord, after place: Int64?, limit: Int) throws -> [StatusEntry]
    /// All entries, or those of tokens issued at this instant or later.
    func entries(of list: StatusListRecord, issuedFrom instant: Timestamp?) throws -> [StatusEntry]
    /// How many entries there are.
    func count(of list: StatusListRecord) throws -> Int
}

package protocol StatusListTable: StatusListLook {
    /// A list for tokens of this expiry that was not opened before `earliest` and is at most half full.
    func open(expiringAt: Timestamp, openedFrom earliest: Timestamp) throws -> StatusListRecord?
    /// The largest number of a list; 0 if there is none.
    func lastNumber() throws -> Int64
    func insert(_ list: StatusListRecord) throws
    /// - Returns: false when the place is taken; nothing was written then.
    func insert(_ claims: AccessTokenClaims, keyID: KeyID, at place: StatusPosition) throws -> Bool
    /// Counts one more place, for ``open(expiringAt:openedFrom:)``.
    func countPlace(of list: StatusListRecord) throws
}
