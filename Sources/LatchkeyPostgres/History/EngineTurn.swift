#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens

    /// A transaction of the engine's own, alone among all writers of the cluster: what decides about the history.
    struct EngineTurn {
        let connection: PostgresConnection
        let settings: PostgresStore.Settings

        /// A few hundred thousand entries take longer than a rule may.
        private static let patience = """
            SET LOCAL statement_timeout = '60s';
            SET LOCAL idle_in_transaction_session_timeout = '60s';
            SET LOCAL lock_timeout = '30s'
            """

        /// - Parameters:
        ///   - second: the clock's row is brought up to date, and is no earlier than this; nil: it stays, and the rule's
        ///     instant is that of the last rule.
        ///   - body: gets the state before anything was changed. If it throws, nothing is.
        func run<Value>(
            raisingClockTo second: Int64?, _ body: (SQLLedger, CheckRow) throws -> Value
        ) throws -> Value {
            let transaction = PostgresTransaction(connection: connection, now: settings.databaseClock?())
            do {
                _ = try transaction.begin(.turn)
                try connection.execute(script: Self.patience)
                let row = try CheckRow.read(connection, now: settings.databaseClock?())
                if let second {
                    try HistoryRow(connection: connection).raiseClock(to: max(second, row.at.seconds))
                }
                let ledger = transaction.ledger(try transaction.read(), .turn)
                ledger.beginRule()
                let value = try body(ledger, row)
                try connection.commit()
                return value
            } catch {
                transaction.rollBack()
                throw error
            }
        }
    }
#endif
