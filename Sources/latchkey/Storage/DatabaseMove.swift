#if Postgres
    import LatchkeyCore
    import LatchkeyPostgres
    import LatchkeySQL
    import LatchkeySQLite
    import LatchkeyTokens
    import Waiting

    /// Moves all data from SQLite's file into PostgreSQL, or back. The caller holds the data directory's lock.
    ///
    /// At no moment do both databases open: the source is marked as moved before the copy is committed, and the copy is
    /// whole before that. If the process is killed between the two, neither opens, and `db copy --undo` opens the source.
    struct DatabaseMove: Sendable {
        let path: String
        let address: PostgresAddress
        /// Whether a value was sealed with the master key that the nodes will have.
        let opens: @Sendable ([UInt8]) -> Bool
        var now = Timestamp.wallClock

        /// The rows of each table.
        typealias Counts = [(table: String, rows: Int64)]

        func toPostgres() async throws -> Counts {
            try await OwnThread.run("db-copy") { [self] in
                let source = try SQLiteMoveSource(path: path)
                defer { source.close() }
                try check(source.masterKeyProbe())
                let target = try PostgresMove(address, now: now)
                defer { target.close() }
                let number = Self.draw()
                try target.beginFilling(number: number)
                let copy = TableCopy(
                    source.tables, from: source.read, to: target.target, readBack: target.read,
                    extra: ("revocations", "id", "seq"))
                let counts = try PostgresError.visibly { try copy.run() }
                try target.finishFilling(
                    number: number, clockFloor: source.clockFloor(), lastNumber: source.lastNumber)
                try source.markMoved(number: number)
                try target.commit()
                return counts
            }
        }

        func toSQLite() async throws -> Counts {
            try await OwnThread.run("db-copy") { [self] in
                let source = try PostgresMove(address, now: now)
                defer { source.close() }
                try source.beginLeaving()
                try check(source.masterKeyProbe())
                let target = try SQLiteMoveTarget(path: path, now: now)
                do {
                    let copy = TableCopy(
                        target.tables, from: source.read, to: target.connection, readBack: target.read)
                    let counts = try PostgresError.visibly { try copy.run() }
                    for (table, _) in CopiedTable.counted {
                        try target.setLastNumber(of: table, source.lastNumber(of: table))
                    }
                    let number = Self.draw()
                    try target.finish(clockFloor: source.clockFloor(), number: number)
                    try source.markMoved(number: number)
                    try target.takePlace()
                    return counts
                } catch {
                    target.discard()
                    throw error
                }
            }
        }

        /// Takes the last move back, whichever way it went.
        /// - Returns: a sentence that says what serves again.
        func undo() async throws -> String {
            try await OwnThread.run("db-copy") { [self] in
                let file = try SQLiteMove(path: path)
                let postgres = try PostgresMove(address, now: now)
                defer { postgres.close() }
                if let file, file.isMoved {
                    try leavePostgres(postgres, file.number)
                    try file.undo()
                    return "The move is taken back: \(path) can be served again."
                }
                guard case .moved(let number) = try postgres.standing() else {
                    throw CommandFailure("There is no move to take back: neither database is marked as moved.")
                }
                if let file {
                    guard file.number == number, !file.hasServed else {
                        throw CommandFailure(
                            "A server has opened \(path): its data is newer than that in PostgreSQL. Move it with "
                                + "`latchkey db copy --to postgres` into a new database.")
                    }
                    try file.remove()
                }
                try postgres.stay()
                return "The move is taken back: nodes can serve from PostgreSQL again."
            }
        }

        private func leavePostgres(_ postgres: PostgresMove, _ number: Int64) throws {
            switch try postgres.standing() {
            case .filled(number, isOpened: false): try postgres.empty(number: number)
            case .filled(number, isOpened: true):
                throw CommandFailure(
                    "A node or a command has opened the copy: its data may be newer than that of \(path). Move it back with "
                        + "`latchkey db copy --to sqlite`.")
            case .none, .filled, .moved:
                throw CommandFailure(
                    "The database that `postgres.url` names is not the one that \(path) was moved to: name that one.")
            }
        }

        private func check(_ probe: [UInt8]?) throws {
            guard let probe, !opens(probe) else { return }
            throw CommandFailure(
                "The data was sealed with another master key than the one that this configuration gives: set "
                    + "`master_key_file` to the key of the source, and give the same key to every node.")
        }

        private static func draw() -> Int64 { .random(in: 1...Int64(Int32.max)) }
    }
#endif
