package import LatchkeyTokens

/// The audit trail. Every rule that changes something appends its event in its own transaction.
package enum AuditRules {
    /// Failures that strangers can cause as often as they like: similar ones within ``foldingTime`` share a row.
    package static let repeated: [AuditEvent.Kind] = [
        .loginFailed, .loginThrottled, .refreshRefused, .refreshReusedElsewhere, .clientAuthenticationFailed,
    ]
    static let foldingTime: Duration = .seconds(60)
    /// Rows examined for one page of a filtered list.
    static let scanLimit = 50_000
    /// How far the instants of a list may be out of order, for instance after a clock was set back.
    static let disorder: Duration = .seconds(3600)

    /// Appends the event. A failure that repeats is counted on the similar event of the last minute instead.
    package static func append(_ event: AuditEvent, _ ledger: any Ledger) throws {
        if repeated.contains(event.kind), try ledger.audit.fold(event, since: event.at - foldingTime) { return }
        try ledger.audit.insert(event)
    }

    static func page(
        _ filter: AuditFilter, before id: Int64, limit: Int, _ looks: any Looks
    ) throws -> Page<AuditEvent> {
        var items: [AuditEvent] = []
        var seen = 0
        var last: Int64 = 0
        var next: String?
        // One row beyond the limit shows that there are more.
        try looks.audit.walk(filter, before: id, limit: scanLimit + 1) { row in
            if items.count == limit || seen == scanLimit {
                next = PageCursor.encode(last)
                return .stop
            }
            seen += 1
            last = row.id
            if let since = filter.since, row.at < since { return row.at < since - disorder ? .stop : .on }
            if let event = row.event { items.append(event) }
            return .on
        }
        return Page(items: items, nextCursor: next)
    }
}

extension AuditEvent {
    /// Whether the log entry of this event moved a watermark of the user, of the client or of all tokens.
    fileprivate func endsSessions(of user: UserID, _ client: ClientID, _ allEndedAt: Timestamp?) -> Bool {
        switch details["kind"] {
        case RevocationEntry.Kind.user.rawValue: self.user == user
        case RevocationEntry.Kind.client.rawValue: self.client == client
        case RevocationEntry.Kind.all.rawValue: details["sessions"] == "true" || at == allEndedAt
        default: false
        }
    }
}

extension Store {
    package func appendAudit(_ event: AuditEvent) async throws {
        try await write(.rows) { try AuditRules.append(event, $0) }.value
    }

    /// Appends the event later; it is lost when the store is too busy or stops. For events that must not delay a
    /// response.
    package func appendAuditLater(_ event: AuditEvent) { later { try AuditRules.append(event, $0) } }

    /// Newest first. Filters by client or kind examine at most ``AuditRules/scanLimit`` rows for one page, so a page
    /// may be short or empty and still have a next one.
    package func auditEvents(_ filter: AuditFilter, page: PageRequest) async throws -> Page<AuditEvent> {
        let before = try PageCursor.number(page)
        return try await read { try AuditRules.page(filter, before: before, limit: page.limit, $0) }
    }

    /// The first revocation of the user, of the client or of everything that ended a session of theirs; `nil` when
    /// there was none, or the trail does not go back that far. User and client may be deleted.
    /// - Parameter allEndedAt: when all sessions were last ended, if that is known.
    package func watermarkEvent(
        user: UserID, client: ClientID, begunAt: Timestamp, allEndedAt: Timestamp?
    ) async throws -> AuditEvent? {
        try await read { looks in
            var found: AuditEvent?
            try looks.audit.watermarks(of: user, client, since: begunAt) { event in
                guard event.endsSessions(of: user, client, allEndedAt) else { return .on }
                found = event
                return .stop
            }
            return found
        }
    }
}
