package import LatchkeyTokens

/// Sessions as stored, always together with user and client: without them a session is absent.
package protocol SessionLook {
    /// One primary-key read, whatever the state of session, user and client.
    func find(_ id: SessionID) throws -> SessionRecord?
    /// Newest first, at most `limit` rows.
    /// - Parameters:
    ///   - user: `nil` for all users.
    ///   - before: where to begin; `nil` for the newest.
    func walk(
        of user: UserID?, before: SessionID?, limit: Int, _ body: (SessionRecord) throws -> Walk) throws
}

package protocol SessionTable: SessionLook {
    /// Sessions of a user that have not been ended individually; a watermark may have ended them.
    func unended(of user: UserID, except kept: SessionID) throws -> [SessionRecord]
    /// The ids of a user's sessions that have not been ended individually, except the `count` newest; at most `limit`,
    /// the newest first. Browser sessions have a function of their own.
    func unended(of user: UserID, beyond count: Int, limit: Int) throws -> [SessionID]
    /// The same of browser sessions alone.
    func unendedBrowsers(of user: UserID, beyond count: Int, limit: Int) throws -> [SessionID]
    /// The sessions that came from a browser session and have not been ended individually, the oldest first.
    func unendedChildren(of parent: SessionID) throws -> [SessionRecord]
    func insert(_ session: Session) throws
    /// Lets no other rule end the session before this one is done.
    /// - Returns: false when it has been ended.
    func hold(_ id: SessionID) throws -> Bool
    /// Writes what a new proof changes of a browser session: proofs, expiry, network, lineage.
    func renew(_ session: Session) throws
    /// Writes the lineage of a rotation or of a noted use: the last write of its rule.
    func advance(_ session: Session, to lineage: Session.Lineage) throws
    /// - Returns: whether it had not ended yet; otherwise nothing was changed.
    @discardableResult
    func end(_ id: SessionID, at instant: Timestamp, reason: RevocationReason) throws -> Bool
    func rename(_ id: SessionID, to deviceName: String?) throws
}
