package import LatchkeyCore
import LatchkeyTokens

extension SQLiteStore {
    package func useSession(_ use: SessionUse) async throws -> Issuance<SessionUseOutcome> {
        try await writer.perform { try $0.use(use) }
    }
}

extension Transaction {
    /// The row is judged here again: a revocation that was committed since it was read wins, and an ended session is
    /// never written to.
    fileprivate func use(_ use: SessionUse) throws -> Issuance<SessionUseOutcome> {
        guard let record = try SessionRow.find(use.session, database),
            SessionValidity.judge(record, idleLifetime: use.idleLifetime, now: instant) == .valid
        else { return try settled(.ended) }
        guard use.issuesToken else { return try settled(.live(try note(use, record))) }
        return try issue(gate(record.user.issuedBefore, record.client.issuedBefore)) { _ in
            .live(try note(use, record))
        }
    }

    private func note(_ use: SessionUse, _ record: SessionRecord) throws -> SessionRecord {
        guard let interval = use.notedAfter, record.session.transport == .session,
            instant - record.session.lineage.rotatedAt >= interval
        else { return record }
        var session = record.session
        session.lineage.rotatedAt = instant
        try SessionRow.update(session.lineage, of: session, database)
        return SessionRecord(
            session: session, user: record.user, client: record.client, allEndedAt: record.allEndedAt)
    }
}
