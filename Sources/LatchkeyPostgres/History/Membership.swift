#if Postgres
    import LatchkeyBytes
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens
    import Logging
    import Synchronization

    /// This node's place in the cluster: how it enters, what it knows of the database's history, and what it does when
    /// that changes.
    final class Membership: Sendable {
        /// What a node knows once it has entered.
        struct Entered: Sendable {
            var own: NodeTable.Own
            var epoch: String
            var known: KnownHistory
            var keyVersion: Int64
            var clientVersion: Int64
        }

        let memory = RevocationMemory()
        private let settings: PostgresStore.Settings
        private let admission: Admission
        private let logger: Logger
        private let state = Mutex<Entered?>(nil)

        init(_ settings: PostgresStore.Settings, admission: Admission, logger: Logger) {
            self.settings = settings
            self.admission = admission
            self.logger = logger
        }

        /// Nil before the node has entered.
        var entered: Entered? { state.withLock { $0 } }

        var refusedConnections: Int { admission.refused }

        /// See ``SharedStore/refusal``.
        var refusal: String? { admission.refusal }

        /// What is written about this node from now on.
        func change(_ body: (inout NodeTable.Own) -> Void) -> NodeTable.Own? {
            state.withLock { entered in
                guard var changed = entered else { return nil }
                body(&changed.own)
                changed.own.revision += 1
                entered = changed
                return changed.own
            }
        }

        // MARK: Entering

        /// Blocks. See ``SharedStore/enter(_:)``.
        func enter(_ card: NodeCard) throws {
            let line = PostgresLine(settings.address.forLooks)
            defer { line.close() }
            for attempt in 1... {
                do {
                    try enter(card, try line.connection())
                    return
                } catch let error as PostgresError where error.isConflict && attempt < 5 {
                    Thread.sleep(milliseconds: 50 * attempt)
                } catch {
                    throw PostgresError.visible(error)
                }
            }
        }

        private func enter(_ card: NodeCard, _ connection: PostgresConnection) throws {
            let own = NodeTable.Own(
                id: settings.node, name: settings.name, program: settings.program, schema: settings.schema,
                issuer: card.issuer, masterKeys: card.masterKeys, serves: card.serves)
            let seen = try settings.seen()
            let nodes = NodeTable(connection: connection)
            try EngineTurn(connection: connection, settings: settings).run(raisingClockTo: nil) { ledger, row in
                let finding = HistoryRules.judge(row.state, recorded: row.recorded, known: seen)
                switch finding {
                case .older, .foreign: throw StoreUnavailable(finding.sentence)
                case .same, .promoted, .settled: break
                }
                let others = try nodes.living(besides: own.id)
                if let objection = NodeAgreement.objection(
                    issuer: card.issuer, masterKeys: card.masterKeys, living: others)
                {
                    throw StoreUnavailable(objection)
                }
                let isRecorded = row.recorded.identity.timeline == row.state.identity.timeline
                if HistoryRules.draws(
                    finding, isRecorded: isRecorded, othersServe: !others.isEmpty, serves: card.serves)
                {
                    try ledger.state.beginEpoch(card.epoch)
                }
                if finding == .promoted, let seen {
                    try HistoryRow(connection: connection).raiseClock(to: seen.state.second)
                }
                if !isRecorded { try fork(row, nil, known: seen, ledger) }
                try nodes.forgetOld()
                try nodes.write(own, published: row.state.sequence)
            }
            try begin(own, connection)
        }

        /// Takes over what the database has now.
        private func begin(_ own: NodeTable.Own, _ connection: PostgresConnection) throws {
            let row = try CheckRow.read(connection, now: settings.databaseClock?())
            let state = try StateRow(connection, PostgresDialect(now: settings.databaseClock?())).row()
            // Entries that have expired may have been swept.
            let complete = row.at - state.horizon(at: row.at) - state.maxSkew
            memory.begin(try Revocations(connection).all(after: 0), since: complete.seconds)
            self.state.withLock {
                $0 = Entered(
                    own: own, epoch: row.epoch,
                    known: KnownHistory(state: row.state, at: row.clock, rememberedSince: complete.seconds),
                    keyVersion: row.keyVersion, clientVersion: row.clientVersion)
            }
            admission.open(for: row.state)
        }

        // MARK: Looking

        /// - Parameters:
        ///   - entered: as it was before the row was read: a node may enter meanwhile, in another epoch.
        ///   - published: the last `seq` that was published by then, in the epoch of `entered`. No look may have found it
        ///     yet.
        /// - Returns: what is to be done before the look may count; nil when the history goes on.
        /// - Throws: ``StoreUnavailable`` when this database must not be used.
        func judge(_ row: CheckRow, _ entered: Entered?, published: Int64) throws -> HistoryFinding? {
            admission.note(weakness: row.weakness)
            guard let entered else { return nil }
            let known = entered.known.having(published)
            let finding = HistoryRules.judge(row.state, recorded: row.recorded, known: known)
            switch finding {
            case .same where row.epoch.utf8.elementsEqual(entered.epoch.utf8):
                if let weakness = row.weakness { throw StoreUnavailable(weakness) }
                // Another server stood here for a while, and the one that this node knows is back with all that it knew.
                admission.reopen(for: row.state)
                return nil
            case .same, .promoted, .settled:
                guard row.isUnsettled else { return finding }
                let sentence = "a restored database is not settled yet: start a node, or repeat `latchkey db settle`"
                admission.close(because: sentence)
                throw StoreUnavailable(sentence)
            case .foreign: admission.close(because: finding.sentence)
            case .older: break
            }
            throw StoreUnavailable(finding.sentence)
        }

        /// Notes a look that counts.
        /// - Parameter published: the last `seq` that was published before it.
        func note(_ row: CheckRow, published: Int64) {
            memory.clear(at: row.at)
            let since = memory.since
            let found = DatabaseState(
                identity: row.state.identity, second: row.state.second,
                sequence: max(row.state.sequence, published))
            admission.note(found)
            state.withLock { entered in
                guard entered != nil else { return }
                entered?.known = KnownHistory(state: found, at: row.clock, rememberedSince: since)
                entered?.keyVersion = row.keyVersion
                entered?.clientVersion = row.clientVersion
            }
        }

        /// Says that this node lives, and keeps what it knows.
        func renew(_ connection: PostgresConnection, published: Int64) throws {
            guard let entered else { return }
            try NodeTable(connection: connection).write(entered.own, published: published)
            guard entered.own.serves, let path = settings.seenFile else { return }
            do {
                try SeenFile(path: path).write(entered.known)
            } catch {
                logger.error("the file that remembers the database cannot be written", metadata: ["lk.path": "\(path)"])
            }
        }

        /// Says that it does not.
        func leave(_ connection: PostgresConnection) throws {
            guard let entered else { return }
            try NodeTable(connection: connection).leave(entered.own.id)
        }

        // MARK: Another history

        /// Draws a new epoch unless another node has, and writes back what the database lacks. The node serves nothing
        /// meanwhile; ``follow(_:)`` ends that.
        func rejoin(_ connection: PostgresConnection, _ finding: HistoryFinding) throws {
            guard let entered else { return }
            admission.close(because: "the database's history has changed, and this node takes it in")
            try ServerCheck.run(connection)
            let outcome = try EngineTurn(connection: connection, settings: settings).run(
                raisingClockTo: entered.known.state.second
            ) { ledger, row in
                // Another node may have been faster, or the server another one by now.
                guard try judge(row, entered, published: 0) != nil else { return nil as ReassertionOutcome? }
                let nodes = NodeTable(connection: connection)
                try nodes.write(entered.own, published: entered.known.state.sequence)
                guard finding != .same else { return nil }
                return try reassert(row, entered, nodes, ledger)
            }
            logger.notice(
                "The database's history has changed",
                metadata: ["lk.reason": "\(finding)", "lk.count": "\(outcome?.returned ?? 0)"])
        }

        private func reassert(
            _ row: CheckRow, _ entered: Entered, _ nodes: NodeTable, _ ledger: SQLLedger
        ) throws -> ReassertionOutcome {
            let isRecorded = row.recorded.identity.timeline == row.state.identity.timeline
            if !isRecorded { try ledger.state.beginEpoch(Base64URL.string(RandomBytes.make(16))) }
            let greatest = try nodes.greatest()
            // A raised horizon may be lost as well. Before a node has issued anything it has none.
            if greatest.longest > .zero {
                try StoreRules.setTokenHorizon(greatest.longest, skew: greatest.skew, ledger)
            }
            let second = isRecorded ? row.recorded.forkedSecond : row.state.second
            let lost = Reassertion.missing(
                memory.all, stored: try Revocations(ledger.connection).targets(),
                // The clock's row may be a second behind what was written.
                since: Timestamp(seconds: second - 2))
            let outcome = try Reassertion.run(lost, ledger)
            try HistoryRow(connection: ledger.connection)
                .raiseVersions(above: entered.keyVersion, entered.clientVersion)
            if !isRecorded {
                try fork(row, outcome, known: entered.known, ledger)
            } else if outcome.returned > 0 {
                try note(row, outcome, known: entered.known, second: second, ledger)
            }
            return outcome
        }

        private func fork(
            _ row: CheckRow, _ outcome: ReassertionOutcome?, known: KnownHistory?, _ ledger: SQLLedger
        ) throws {
            try note(row, outcome ?? .nothing, known: known, second: row.state.second, ledger)
            try HistoryRow(connection: ledger.connection).fork(to: row.state.identity, second: row.state.second)
        }

        private func note(
            _ row: CheckRow, _ outcome: ReassertionOutcome, known: KnownHistory?, second: Int64, _ ledger: SQLLedger
        ) throws {
            let event = Reassertion.event(
                from: known?.state.identity ?? row.recorded.identity, to: row.state.identity, outcome,
                lostSeconds: known.map { max(0, $0.state.second - second) }, at: row.at)
            try AuditRules.append(event, ledger)
        }

        /// The log was published anew: goes on with what the database has now.
        func follow(_ connection: PostgresConnection) throws {
            let row = try CheckRow.read(connection, now: settings.databaseClock?())
            state.withLock { entered in
                entered?.epoch = row.epoch
                entered?.known = KnownHistory(state: row.state, at: row.clock, rememberedSince: memory.since)
            }
            admission.open(for: row.state)
        }
    }

    extension KnownHistory {
        /// The same with a log that has at least this `seq`.
        fileprivate func having(_ sequence: Int64) -> KnownHistory {
            KnownHistory(
                state: DatabaseState(
                    identity: state.identity, second: state.second, sequence: max(state.sequence, sequence)), at: at,
                rememberedSince: rememberedSince)
        }
    }
#endif
