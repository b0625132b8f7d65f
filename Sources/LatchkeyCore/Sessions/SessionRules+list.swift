package import LatchkeyTokens

extension SessionRules {
    /// Rows examined for one page of a filtered list: some tens of milliseconds.
    static let scanLimit = 5_000

    static func page(
        _ filter: SessionFilter, before: SessionID?, limit: Int, now: Timestamp, _ looks: any Looks
    ) throws -> Page<SessionRecord> {
        var items: [SessionRecord] = []
        var seen = 0
        var last: SessionID?
        var next: String?
        // One row beyond the limit shows that there are more.
        try looks.sessions.walk(of: filter.user, before: before, limit: scanLimit + 1) { record in
            if items.count == limit || seen == scanLimit {
                next = last.map { PageCursor.encode($0.bytes) }
                return .stop
            }
            seen += 1
            last = record.session.id
            if let since = filter.since, record.session.createdAt < since {
                return record.session.createdAt < since - AuditRules.disorder ? .stop : .on
            }
            if let client = filter.client, record.client.id != client { return .on }
            if let state = filter.state {
                let active = SessionValidity.judge(record, idleLifetime: nil, now: now) == .valid
                guard active == (state == .active) else { return .on }
            }
            items.append(record)
            return .on
        }
        return Page(items: items, nextCursor: next)
    }
}

extension Store {
    /// One primary-key read, with user and client, whatever their state.
    package func session(_ id: SessionID) async throws -> SessionRecord? {
        try await read { try $0.sessions.find(id) }
    }

    /// Newest first. A filter by client or state examines at most ``SessionRules/scanLimit`` rows for one page, so a
    /// page may be short or empty and still have a next one.
    package func sessions(_ filter: SessionFilter, page: PageRequest) async throws -> Page<SessionRecord> {
        let before = try PageCursor.bytes(page, length: 16).flatMap { SessionID(bytes: $0) }
        let now = clock.now()
        return try await read { try SessionRules.page(filter, before: before, limit: page.limit, now: now, $0) }
    }
}
