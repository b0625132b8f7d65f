#if Postgres
    package import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens

    extension PostgresStore {
        /// What an operator says about a database that no node may serve.
        package enum Settling: Sendable {
            /// An earlier state came back: every token is revoked, and every session ends unless it is kept.
            case restored(keepsSessions: Bool)
            /// It stands elsewhere now, and nothing was lost.
            case moved
        }

        /// `db settle`: from now on this database is the one. What a restore requires is done by the next program that
        /// is built on it, before anything is served; nodes that run wait for that.
        /// - Parameter epoch: of the revocation list from now on; it was never used before.
        /// - Returns: what was the matter; nil when the history went on, as far as this data directory knows.
        /// - Throws: ``StoreUnavailable`` for an old primary, which no statement of an operator makes the right one.
        package static func settle(
            _ settings: Settings, _ settling: Settling, epoch: String
        ) throws -> HistoryFinding? {
            try PostgresConnection.visit(settings.address) { connection in
                try ServerCheck.run(connection)
                try PostgresMigrator().run(on: connection, now: try PostgresTransaction.databaseClock(connection))
                let seen = try settings.seen()
                return try EngineTurn(connection: connection, settings: settings).run(raisingClockTo: 0) {
                    ledger, row in
                    let finding = HistoryRules.judge(row.state, recorded: row.recorded, known: seen)
                    if finding == .older { throw StoreUnavailable(finding.sentence) }
                    try ledger.state.beginEpoch(epoch)
                    let history = HistoryRow(connection: connection)
                    try history.fork(to: row.state.identity, second: row.state.second)
                    try history.noteSettled()
                    try history.raiseVersions(above: 0, 0)
                    switch settling {
                    case .restored(let keepsSessions):
                        try ledger.state.setSettlement(keepsSessions ? .restoredKeepingSessions : .restored)
                    case .moved:
                        try AuditRules.append(
                            Reassertion.event(
                                from: row.recorded.identity, to: row.state.identity, .nothing, lostSeconds: nil,
                                at: ledger.instant), ledger)
                    }
                    return finding == .same ? nil : finding
                }
            }
        }
    }
#endif
