package import LatchkeyTokens

package protocol AuditLook {
    /// Newest first, at most `limit` rows before the row `id`, whatever the filter.
    func walk(
        _ filter: AuditFilter, before id: Int64, limit: Int, _ body: (AuditRow) throws -> Walk) throws
    /// Events of log entries since `instant`, for the user, for the client or for everything, the earliest first.
    func watermarks(
        of user: UserID, _ client: ClientID, since instant: Timestamp, _ body: (AuditEvent) throws -> Walk) throws
}

/// One row on a walk.
package struct AuditRow: Sendable {
    package let id: Int64
    package let at: Timestamp
    /// `nil` when the filter excludes it, or when a newer version wrote a kind that this version does not know. Checked
    /// before the row is read, because most rows of a filtered list are excluded.
    package let event: AuditEvent?

    package init(id: Int64, at: Timestamp, event: AuditEvent?) {
        self.id = id
        self.at = at
        self.event = event
    }
}

package protocol AuditTable: AuditLook {
    func insert(_ event: AuditEvent) throws
    /// Counts the event on the latest similar one after `since`.
    /// - Returns: false when there is none; nothing was written then.
    func fold(_ event: AuditEvent, since: Timestamp) throws -> Bool
}
