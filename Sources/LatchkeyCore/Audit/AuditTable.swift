package import LatchkeyTokens

package protocol AuditLook {
    /// Newest first, at most `limit` rows before the row `id`, whatever the filter says.
    func walk(
        _ filter: AuditFilter, before id: Int64, limit: Int, _ body: (AuditRow) throws -> Walk) throws
    /// Events of entries of the log, not before `instant`, for the user, the client or everybody, the earliest first.
    func watermarks(
        of user: UserID, _ client: ClientID, since instant: Timestamp, _ body: (AuditEvent) throws -> Walk) throws
}

/// One row on a walk.
package struct AuditRow: Sendable {
    package let id: Int64
    package let at: Timestamp
    /// `nil` when the filter leaves it out, or this version does not know its kind, which a newer one wrote. Looked at
    /// before the row is read: most rows of a filtered list are left out.
    package let event: AuditEvent?

    package init(id: Int64, at: Timestamp, event: AuditEvent?) {
        self.id = id
        self.at = at
        self.event = event
    }
}

package protocol AuditTable: AuditLook {
    func insert(_ event: AuditEvent) throws
    /// Counts the event on the latest like one after `since`.
    /// - Returns: false when there is none; nothing was written then.
    func fold(_ event: AuditEvent, since: Timestamp) throws -> Bool
}
