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
            let done: @Sendable (Result<[RevocationRecord], any Error>) -> Void
        }

        private let queue = JobQueue<Request>(limit: .max)
        private let exit = Completion()

        /// - Parameter published: the last `seq` that the observer knows.
        init(_ address: PostgresAddress, published: Int64, observer: any StoreObserver, logger: Logger) {
            let (queue, exit) = (queue, exit)
            OwnThread.start("store-sequence") {
                let loop = SequencerLoop(address, published: published, observer: observer, logger: logger)
                while true {
                    let requests = queue.take(most: 10_000)
                    if requests.isEmpty { break }
                    let result = Result { try loop.run() }
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

        func stop() async {
            queue.close()
            await exit.wait()
        }
    }

    /// The sequencer's thread.
    private final class SequencerLoop {
        private let line: PostgresLine
        private let observer: any StoreObserver
        private let logger: Logger
        private var published: Int64
        /// `seq` by id, of the entries of this run.
        private var numbers: [Int64: Int64] = [:]
        private var failing = false

        private static let attempts = 3

        init(_ address: PostgresAddress, published: Int64, observer: any StoreObserver, logger: Logger) {
            line = PostgresLine(address)
            self.published = published
            self.observer = observer
            self.logger = logger
        }

        func close() { line.close() }
        func forget() { numbers = [:] }

        /// - Throws: ``StoreUnavailable``: what was committed may be in no list yet; the next run publishes it.
        func run() throws {
            var failure: (any Error)?
            for _ in 0..<Self.attempts {
                do {
                    let connection = try line.connection()
                    try number(connection)
                    try publish(connection)
                    if failing { logger.notice("Revocations are published again") }
                    failing = false
                    return
                } catch {
                    failure = error
                    if let connection = try? line.connection(), connection.isInsideTransaction { line.close() }
                }
            }
            if !failing, let failure {
                logger.error("revocations cannot be published", metadata: ["lk.reason": "\(failure)"])
            }
            failing = true
            throw StoreUnavailable("revocations cannot be published")
        }

        private func number(_ connection: PostgresConnection) throws {
            guard
                try connection.holds("SELECT EXISTS (SELECT 1 FROM revocations WHERE seq IS NULL)")
            else { return }
            try connection.run("BEGIN")
            // A statement of its own: the next one's snapshot is newer than the lock.
            try connection.walk("SELECT last_seq FROM revocation_state FOR UPDATE", []) { _ in .stop }
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
            // A statement of its own: inside the transaction it would hold a lock of the whole server through the flush.
            try connection.walk("SELECT pg_notify('\(Watcher.channel)', '')", []) { _ in .stop }
        }

        private func publish(_ connection: PostgresConnection) throws {
            let rows = try connection.all("SELECT id, seq FROM revocations WHERE seq > ?", [published]) {
                (id: $0[0] as Int64, sequence: $0[1] as Int64)
            }
            guard !rows.isEmpty else { return }
            let records = try Revocations(connection).all(after: published)
            for row in rows { numbers[row.id] = row.sequence }
            observer.committed(records)
            published = records.last?.entry.sequence ?? published
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
