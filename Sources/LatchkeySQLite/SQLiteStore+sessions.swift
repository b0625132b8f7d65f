import GRDB
package import LatchkeyCore
package import LatchkeyTokens

extension SQLiteStore {
    package func session(_ id: SessionID) async throws -> SessionRecord? {
        try await readers.read { try SessionRow.find(id, $0) }
    }

    /// Newest first. A filter by client or state looks at no more than ``scanLimit`` rows for one page, so a page may
    /// be short, or empty, and still have a next one.
    package func sessions(_ filter: SessionFilter, page: PageRequest) async throws -> Page<SessionRecord> {
        let before = try PageCursor.bytes(page, length: 16) ?? [UInt8](repeating: 0xFF, count: 17)
        let now = clock.now()
        return try await readers.read { database in
            let condition = filter.user == nil ? "" : "AND s.user_id = ?"
            var arguments: StatementArguments = [before.blob]
            if let user = filter.user { arguments += [user.bytes.blob] }
            let rows = try Row.fetchCursor(
                try database.cachedStatement(
                    sql: "\(SessionRow.select) WHERE s.id < ? \(condition) ORDER BY s.id DESC"),
                arguments: arguments)
            var items: [SessionRecord] = []
            var seen = 0
            var last: SessionID?
            while let row = try rows.next() {
                if items.count == page.limit || seen == Self.scanLimit {
                    return Page(items: items, nextCursor: last.map { PageCursor.encode($0.bytes) })
                }
                seen += 1
                let record = try SessionRow.decode(row)
                last = record.session.id
                if let client = filter.client, record.client.id != client { continue }
                if let state = filter.state {
                    let active = SessionValidity.judge(record, idleLifetime: nil, now: now) == .valid
                    guard active == (state == .active) else { continue }
                }
                items.append(record)
            }
            return Page(items: items, nextCursor: nil)
        }
    }

    /// Rows looked at for one page of a filtered list: some tens of milliseconds.
    static let scanLimit = 5_000

    package func issueForClient(_ client: ClientID) async throws -> Issuance<Client> {
        try await writer.perform { transaction in
            guard let client = try ClientRow.find(client, transaction.database)?.client, !client.disabled else {
                throw Refusal(.invalidClient, "The client is unknown, disabled or gave wrong credentials.")
            }
            return try transaction.issue(transaction.gate(client.issuedBefore)) { _ in client }
        }
    }

    package func issueForUser(_ user: UserID, client: ClientID) async throws -> Issuance<Client> {
        try await writer.perform { transaction in
            guard let user = try UserRow.find(user, transaction.database), !user.disabled,
                let client = try ClientRow.find(client, transaction.database)?.client, !client.disabled
            else { throw Refusal(.notFound, "The user or the client does not exist or is disabled.") }
            return try transaction.issue(transaction.gate(user.issuedBefore, client.issuedBefore)) { _ in client }
        }
    }
}
