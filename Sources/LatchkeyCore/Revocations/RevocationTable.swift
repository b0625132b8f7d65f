package import LatchkeyTokens

/// An entry of the log that has no `seq` yet.
package struct RevocationDraft: Sendable {
    package let target: RevocationEntry.Target
    /// The session of a `token` entry, if it is known.
    package let session: SessionID?
    package let expiresAt: Timestamp
    package let revokedAt: Timestamp
    package let reason: RevocationReason
    package let note: String?
    package let actor: Actor

    package init(
        target: RevocationEntry.Target, session: SessionID?, expiresAt: Timestamp, revokedAt: Timestamp,
        reason: RevocationReason, note: String?, actor: Actor
    ) {
        self.target = target
        self.session = session
        self.expiresAt = expiresAt
        self.revokedAt = revokedAt
        self.reason = reason
        self.note = note
        self.actor = actor
    }
}

package protocol RevocationLook {
    /// Entries with `seq` greater than `after` that are live at `instant`, in order, at most `limit`.
    func live(after seq: Int64, at instant: Timestamp, limit: Int) throws -> [RevocationRecord]
    /// Live entries with a smaller `seq`, newest first.
    func live(before seq: Int64, at instant: Timestamp, limit: Int) throws -> [RevocationRecord]
}

package protocol RevocationTable: RevocationLook {
    /// - Returns: the id of the entry, for the audit trail. The `seq` may be assigned later.
    func append(_ draft: RevocationDraft) throws -> Int64
    func hasLiveEntry(for token: TokenID, at instant: Timestamp) throws -> Bool
    /// Live `token` entries of the session.
    func liveEntries(of session: SessionID, at instant: Timestamp) throws -> Int
    /// When the live `token` entries without session of this actor expire, the earliest first, at most `limit`.
    func liveTokenExpiries(by actor: Actor, at instant: Timestamp, limit: Int) throws -> [Timestamp]
    /// Whether there is an `all` entry for tokens of this second.
    func hasAllEntry(issuedBefore second: Int64) throws -> Bool
    /// The largest `iat_before` among the entries for a client with this id, which may be deleted.
    func latestMark(of client: ClientID) throws -> Int64?
}
