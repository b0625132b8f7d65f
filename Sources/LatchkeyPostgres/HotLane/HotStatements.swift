#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens

    /// What one look found, and the time of it.
    struct HotLook<Key: Hashable, Found> {
        /// Rows that cannot be read fail alone.
        var found: [Key: Result<Found, any Error>] = [:]
        /// Of the same snapshot as every row; nil when there is no row.
        var reading: ClockReading?
        var moment: IssuanceMoment?
    }

    /// The statements of the hot lane. They repeat in sets what the rules do one by one.
    struct HotStatements {
        let connection: PostgresConnection
        /// What the database's clock is taken to show; nil: what it shows.
        let now: Timestamp?

        /// The clock, the watermark for all tokens, and the version of the keys.
        private static let time = "\(ClockReading.selection), state.issued_before, key_state.version"

        private func note<Key, Found>(_ row: Row, from start: Int, in look: inout HotLook<Key, Found>) {
            guard look.moment == nil else { return }
            let reading = ClockReading(row, from: start)
            look.reading = reading
            look.moment = IssuanceMoment(
                wall: reading.wall, floor: reading.floor, issuedBefore: row[start + ClockReading.selectionCount],
                keyVersion: row[start + ClockReading.selectionCount + 1])
        }

        // MARK: Sessions

        private static let lookAtSessions = """
            SELECT \(Sessions.selection), \(time) FROM \(Sessions.source)
            JOIN clock ON clock.id = 1
            JOIN key_state ON key_state.id = 1
            WHERE s.id = ANY(?2)
            """

        /// As committed: without a lock, of one snapshot.
        func sessions(_ ids: [SessionID]) throws -> HotLook<SessionID, SessionRecord> {
            var look = HotLook<SessionID, SessionRecord>()
            try connection.walk(
                Self.lookAtSessions, [now?.milliseconds, PostgresArray(ids.map(\.bytes))]
            ) { row in
                note(row, from: Sessions.selectionCount, in: &look)
                let id = try row.sessionID(0)
                look.found[id] = Result { try Sessions.decode(row, connection.clientSettings) }
                return .on
            }
            return look
        }

        /// Conditions stand twice: once for the rows to lock, in the order of their keys and without waiting for one, and once
        /// for what is then written.
        private static let advanceSessions = """
            WITH locked AS (
                SELECT t.id, v.* FROM unnest(
                    ?1::bytea[], ?2::bigint[], ?3::bigint[], ?4::bigint[], ?5::bigint[], ?6::bigint[], ?7::bigint[],
                    ?8::text[]
                ) AS v(session, was_current, was_held, was_rotated_at, current, held, rotated_at, rotated_from)
                JOIN sessions t ON t.id = v.session
                WHERE t.current_generation = v.was_current AND t.held_generation = v.was_held
                    AND t.rotated_at = v.was_rotated_at AND t.ended_at IS NULL
                ORDER BY t.id FOR UPDATE OF t SKIP LOCKED
            )
            UPDATE sessions s SET current_generation = l.current, held_generation = l.held, rotated_at = l.rotated_at,
                rotated_from = l.rotated_from
            FROM locked l
            WHERE s.id = l.id AND s.current_generation = l.was_current AND s.held_generation = l.was_held
                AND s.rotated_at = l.was_rotated_at AND s.ended_at IS NULL
            RETURNING s.id
            """

        /// Writes each lineage where the session has not changed and not ended since, and nobody has it locked; as a
        /// transaction of its own.
        /// - Returns: those that were written.
        func advance(_ changes: [LineageChange]) throws -> Set<SessionID> {
            let before = changes.map(\.session.lineage)
            let after = changes.map(\.lineage)
            var written: Set<SessionID> = []
            try connection.walkCommitting(
                Self.advanceSessions,
                [
                    PostgresArray(changes.map(\.session.id.bytes)), PostgresArray(before.map { Int64($0.current) }),
                    PostgresArray(before.map { Int64($0.held) }), PostgresArray(before.map(\.rotatedAt.milliseconds)),
                    PostgresArray(after.map { Int64($0.current) }), PostgresArray(after.map { Int64($0.held) }),
                    PostgresArray(after.map(\.rotatedAt.milliseconds)),
                    PostgresArray(changes.map { Sessions.stored($0.lineage.rotatedFrom, $0.session) }),
                ]
            ) { row in
                written.insert(try row.sessionID(0))
                return .on
            }
            return written
        }

        // MARK: Client tokens

        private static let lookAtClients = """
            SELECT v.place, \(Clients.columns), \(Users.columns), \(time)
            FROM unnest(?2::text[], ?3::bytea[]) WITH ORDINALITY AS v(client, user_id, place)
            LEFT JOIN clients c ON c.id = v.client
            LEFT JOIN users u ON u.id = v.user_id
            JOIN clock ON clock.id = 1
            JOIN revocation_state state ON state.id = 1
            JOIN key_state ON key_state.id = 1
            """

        /// The client and the user of each order, by its place.
        func clients(_ orders: [ClientTokenOrder]) throws -> HotLook<Int, (client: Client?, user: User?)> {
            var look = HotLook<Int, (client: Client?, user: User?)>()
            try connection.walk(
                Self.lookAtClients,
                [
                    now?.milliseconds, PostgresArray(orders.map(\.client.description)),
                    PostgresArray(orders.map { $0.user?.bytes }),
                ]
            ) { row in
                let users = 1 + Clients.columnCount
                note(row, from: users + Users.columnCount, in: &look)
                look.found[(row[0] as Int) - 1] = Result {
                    (
                        client: row.isNull(1)
                            ? nil : try Clients.decode(row, from: 1, connection.clientSettings).client,
                        user: row.isNull(users) ? nil : try Users.decode(row, from: users)
                    )
                }
                return .on
            }
            return look
        }
    }
#endif
