import GRDB
package import LatchkeyCore
import LatchkeyTokens

extension SQLiteStore {
    package func appendAudit(_ event: AuditEvent) async throws {
        try await writer.perform { try AuditRow.append(event, $0.database) }
    }

    /// Newest first. Filters by client or kind look at no more than ``auditScanLimit`` rows for one page, so a page may
    /// be short, or empty, and still have a next one.
    package func auditEvents(_ filter: AuditFilter, page: PageRequest) async throws -> Page<AuditEvent> {
        let before = try PageCursor.number(page)
        return try await readers.read { database in
            var condition = ""
            var arguments: StatementArguments = [before]
            if let session = filter.session {
                condition += " AND session_id = ?"
                arguments += [session.bytes.blob]
            }
            if let user = filter.user {
                condition += " AND user_id = ?"
                arguments += [user.bytes.blob]
            }
            let rows = try Row.fetchCursor(
                try database.cachedStatement(sql: "\(AuditRow.select) WHERE id < ?\(condition) ORDER BY id DESC"),
                arguments: arguments)
            var items: [AuditEvent] = []
            var seen = 0
            var last: Int64 = 0
            while let row = try rows.next() {
                if items.count == page.limit || seen == Self.auditScanLimit {
                    return Page(items: items, nextCursor: PageCursor.encode(last))
                }
                seen += 1
                last = row[0]
                // Compared before decoding: most rows of a filtered list are skipped.
                if let kind = filter.kind, kind.rawValue != row[1] as String { continue }
                if let client = filter.client, client.description != row[6] as String? { continue }
                if let event = try AuditRow.decode(row) { items.append(event) }
            }
            return Page(items: items, nextCursor: nil)
        }
    }

    static let auditScanLimit = 50_000
}
