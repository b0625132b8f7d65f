import LatchkeyTokens

extension SessionRules {
    /// Judges the session again and, if due, notes the use of a server session or lets an access token be issued. A
    /// revocation committed since it was read wins, and an ended session is never written to. Without `issuesToken` it
    /// never waits for the clock.
    static func use(_ use: SessionUse, _ ledger: any Ledger) throws -> Issuance<SessionUseOutcome> {
        guard let record = try ledger.sessions.find(use.session),
            SessionValidity.judge(record, idleLifetime: use.idleLifetime, now: ledger.instant) == .valid
        else { return .settled(.ended) }
        guard use.issuesToken else { return .settled(.live(try note(use, record, ledger), nil)) }
        return try ledger.issue(record.user.issuedBefore, record.client.issuedBefore) { stamp in
            .live(try note(use, record, ledger), stamp)
        }
    }

    private static func note(
        _ use: SessionUse, _ record: SessionRecord, _ ledger: any Ledger
    ) throws -> SessionRecord {
        guard let lineage = use.lineage(of: record, at: ledger.instant) else { return record }
        var noted = record
        noted.session.lineage = lineage
        try ledger.sessions.advance(record.session, to: lineage)
        return noted
    }
}

extension Store {
    /// See ``SessionRules/use(_:_:)``.
    package func useSession(_ use: SessionUse) async throws -> Issuance<SessionUseOutcome> {
        try await self.use(use)
    }
}
