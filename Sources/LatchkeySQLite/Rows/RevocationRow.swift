import GRDB
import LatchkeyCore
import LatchkeyTokens

/// Reads rows of `revocations`.
enum RevocationRow {
    static let select = """
        SELECT seq, kind, subject, issued_before, expires_at, revoked_at, reason, note, actor FROM revocations
        """

    static func decode(_ row: Row) throws -> RevocationRecord {
        let issuedBefore = (row[3] as Int64?).map { Timestamp(seconds: $0) }
        let entry = RevocationEntry(
            sequence: row[0], kind: try row.value(1), id: row[2], issuedBefore: issuedBefore,
            expiresAt: row.timestamp(4))
        guard let entry, let actor = Actor(row[8] as String) else { throw StoreFault.unreadable(RevocationEntry.self) }
        return RevocationRecord(
            entry: entry, revokedAt: row.timestamp(5), reason: try row.value(6), note: row[7], actor: actor)
    }

    /// Every entry after `sequence`, expired or not, in order.
    static func after(_ sequence: Int64, _ database: Database) throws -> [RevocationRecord] {
        try database.all("\(select) WHERE seq > ? ORDER BY seq", [sequence], decode)
    }
}
