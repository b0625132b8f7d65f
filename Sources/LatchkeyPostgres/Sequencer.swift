#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens
    import Logging
    import Synchronization
    import Waiting

    /// Gives committed entries of the revocation log their `seq` and publishes them, in order and without a hole.
    ///
    /// A short transaction of its own numbers all entries that wait, everybody's, under one lock; so `seq` order is the
    /// order in which they became visible, and no rule holds that lock while it works. Whoever comes meanwhile shares the
    /// next run.
    final class Sequencer: Sendable {
        private struct Request: Sendable {
            let entries: [RevocationRecord]
            /// Whether other nodes are told even when nothing was numbered.
            var tells = false
            /// Whether the whole log is published anew.
            var restarts = false
            let done: @Sendable (Result<[RevocationRecord], any Error>) -> Void
        }

        private let queue = JobQueue<Request>(limit: .max)
        private let exit = Completion()

        private let mark: Published

        /// - Parameter published: the last `seq` that the observer knows.
        init(
            _ settings: PostgresStore.Settings, published: Int64, memory: RevocationMemory,
            observer: any StoreObserver, logger: Logger
        ) {
            let mark = Published(published)
            self.mark = mark
            let (queue, exit) = (queue, exit)
            OwnThread.start("store-sequence") {
                let loop = SequencerLoop(
                    settings, published: mark, memory: memory, observer: observer, logger: logger)
                while true {
                    let requests = queue.take(most: 10_000)
                    if requests.isEmpty { break }
                    let result = Result {
                        if requests.contains(where: \.restarts) {
                            try loop.restart()
                        } else {
                            try loop.run(tells: requests.contains(where: \.tells))
                        }
                    }
                    for request in requests {
                        request.done(result.flatMap { _ in Result { try loop.numbered(request.entries) } })
                    }
                    loop.forget()
                }
                loop.close()
                exit.finish()
            }
        }

        /// Numbers and publishes all that waits, and hands back the entries with their `seq`.
        /// - Parameter entries: with their ids for sequence numbers.
        func number(
            _ entries: [RevocationRecord], _ done: @escaping @Sendable (Result<[RevocationRecord], any Error>) -> Void
        ) {
            if !queue.push(Request(entries: entries, done: done)) {
                done(.failure(StoreUnavailable("the store is closed")))
            }
        }

        /// Publishes the whole log anew, of whichever server answers now: its history is another one.
        /// - Parameter done: told whether it was.
        func restart(_ done: @escaping @Sendable (Bool) -> Void) {
            if !queue.push(Request(entries: [], restarts: true) { done($0.isSuccess) }) { done(false) }
        }

        /// Numbers and publishes all that waits.
        /// - Parameter done: told whether it was.
        func publish(_ done: @escaping @Sendable (Bool) -> Void) { number([]) { done($0.isSuccess) } }

        /// Lets other nodes look at what was committed here.
        func announce() { _ = queue.push(Request(entries: [], tells: true) { _ in }) }

        /// Whether the log had an entry that this release cannot read when it was to be published last.
        var isUnreadable: Bool { mark.isUnreadable }

        /// The last `seq` that the observer was told of.
        var published: Int64 { mark.sequence }

        func stop() async {
            queue.close()
            await exit.wait()
        }
    }

    extension Result {
        fileprivate var isSuccess: Bool { if case .success = self { true } else { false } }
    }

    /// How far the log is published on this node. Written by the sequencer's thread alone.
    private final class Published: Sendable {
        private let last: Atomic<Int64>
        private let unreadable = Atomic<Bool>(false)

        init(_ sequence: Int64) { last = Atomic(sequence) }

        var sequence: Int64 {
            get { last.load(ordering: .acquiring) }
            set { last.store(newValue, ordering: .releasing) }
        }

        var isUnreadable: Bool {
            get { unreadable.load(ordering: .acquiring) }
            set { unreadable.store(newValue, ordering: .releasing) }
        }
    }

    /// The sequencer's thread.
    private final class SequencerLoop {
        private let line: PostgresLine
        private let observer: any StoreObserver
        private let logger: Logger
        private let settings: PostgresStore.Settings
        private let published: Published
        private let memory: RevocationMemory
        /// `seq` by id, of the entries of this run.
        private var numbers: [Int64: Int64] = [:]
        private var failing = false

        private static let attempts = 3

        init(
            _ settings: PostgresStore.Settings, published: Published, memory: RevocationMemory,
            observer: any StoreObserver, logger: Logger
        ) {
            line = PostgresLine(settings.address)
            self.settings = settings
            self.published = published
            self.memory = memory
            self.observer = observer
            self.logger = logger
        }

        func close() { line.close() }
        func forget() { numbers = [:] }

        /// - Parameter tells: whether other nodes are told even when nothing was numbered.
        /// - Throws: ``StoreUnavailable``: what was committed may be in no list yet; the next run publishes it.
        func run(tells: Bool) throws {
            var failure: (any Error)?
            for _ in 0..<Self.attempts {
                do {
                    let connection = try line.connection()
                    let hasNumbered = try number(connection, after: published.sequence)
                    if hasNumbered || tells { try tell(connection) }
                    try publish(connection)
                    if failing { logger.notice("Revocations are published again") }
                    failing = false
                    published.isUnreadable = false
                    return
                } catch {
                    failure = error
                    noteUnreadable(error)
                    if let connection = try? line.connection(), connection.isInsideTransaction { line.close() }
                }
            }
            if !failing, let failure {
                logger.error("revocations cannot be published", metadata: ["lk.reason": "\(failure)"])
            }
            failing = true
            throw StoreUnavailable("revocations cannot be published")
        }

        /// A later release may write what this one does not know. Nobody gets a list without it.
        private func noteUnreadable(_ error: any Error) {
            guard error is StoreFault else { return }
            published.isUnreadable = true
            observer.unreadable()
        }

        /// - Parameter known: what was published. A log that ends before it has lost entries, and would give their
        ///   numbers out again.
        /// - Returns: whether there was something to number.
        private func number(_ connection: PostgresConnection, after known: Int64) throws -> Bool {
            guard
                try connection.holds("SELECT EXISTS (SELECT 1 FROM revocations WHERE seq IS NULL)")
            else { return false }
            try connection.run("BEGIN")
            // A statement of its own: the next one's snapshot is newer than the lock.
            let last = try connection.integer("SELECT last_seq FROM revocation_state FOR UPDATE")
            guard last >= known else { throw StoreUnavailable(HistoryFinding.foreign(.rewound).sentence) }
            try connection.run(
                """
                WITH waiting AS (
                    SELECT id, row_number() OVER (ORDER BY id) AS place FROM revocations WHERE seq IS NULL
                ), numbered AS (
                    UPDATE revocations r SET seq = s.last_seq + w.place FROM waiting w, revocation_state s
                    WHERE r.id = w.id RETURNING 1
                )
                UPDATE revocation_state SET last_seq = last_seq + (SELECT count(*) FROM numbered)
                """, [])
            try connection.commit()
            return true
        }

        /// Wakes other nodes' watchers. Outside every transaction: inside one it would hold a lock of the whole server
        /// through the flush.
        private func tell(_ connection: PostgresConnection) throws {
            try connection.walk("SELECT pg_notify('\(Watcher.channel)', ?)", [settings.node]) { _ in .stop }
        }

        private func publish(_ connection: PostgresConnection) throws {
            let rows = try connection.all("SELECT id, seq FROM revocations WHERE seq > ?", [published.sequence]) {
                (id: $0[0] as Int64, sequence: $0[1] as Int64)
            }
            guard !rows.isEmpty else { return }
            let records = try Revocations(connection).all(after: published.sequence)
            for row in rows { numbers[row.id] = row.sequence }
            memory.add(records)
            observer.committed(records)
            if let last = records.last {
                published.sequence = last.entry.sequence
                settings.address.admission?.note(published: last.entry.sequence)
            }
        }

        /// On a connection of its own, since the line's may not be used before this is done.
        func restart() throws {
            line.close()
            let looking = PostgresLine(settings.address.forLooks)
            defer { looking.close() }
            do {
                let connection = try looking.connection()
                _ = try number(connection, after: 0)
                try connection.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                let state = try StateRow(connection, PostgresDialect(now: nil)).row().stored
                let records = try Revocations(connection).all(after: 0)
                try connection.commit()
                memory.add(records)
                observer.restarted(epoch: state.epoch, sequence: state.lastSequence, records: records)
                published.sequence = state.lastSequence
                published.isUnreadable = false
                try tell(connection)
            } catch {
                noteUnreadable(error)
                throw PostgresError.visible(error)
            }
        }

        /// The same entries by their `seq`.
        func numbered(_ entries: [RevocationRecord]) throws -> [RevocationRecord] {
            try entries.map { record in
                let id = record.entry.sequence
                guard let sequence = try numbers[id] ?? look(for: id) else {
                    throw StoreUnavailable("an entry was not numbered")
                }
                return record.numbered(sequence)
            }
        }

        /// Of an entry that another node's run or an earlier one of ours has numbered.
        private func look(for id: Int64) throws -> Int64? {
            try line.connection().first("SELECT seq FROM revocations WHERE id = ?", [id]) { row -> Int64? in row[0] }
                ?? nil
        }
    }

    extension RevocationRecord {
        fileprivate func numbered(_ sequence: Int64) -> RevocationRecord {
            RevocationRecord(
                entry: RevocationEntry(sequence: sequence, target: entry.target, expiresAt: entry.expiresAt),
                revokedAt: revokedAt, reason: reason, note: note, actor: actor)
        }
    }
#endif
