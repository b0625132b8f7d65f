#if Postgres
    import LatchkeyCore
    import LatchkeySQL
    import LatchkeyTokens

    /// The clock's row and the database's clock, of one statement. Whoever issues reads it in the snapshot of every watermark
    /// that is judged, or in an earlier one.
    struct ClockReading: Equatable {
        let second: Int64
        /// The database's clock.
        let database: Timestamp

        /// The database's clock as Unix milliseconds, in a statement.
        static let now = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"

        /// The two columns. `?1` is what the database's clock is taken to show; NULL: what it shows.
        static let selection = "clock.second, coalesce(?1, \(now))"
        static let selectionCount = 2

        init(second: Int64, database: Timestamp) {
            self.second = second
            self.database = database
        }

        init(_ row: Row, from start: Int) {
            self.init(second: row[start], database: row.timestamp(start + 1))
        }

        /// Whether the row has fallen behind: an `iat` that is old is safe, but not one that is seconds old.
        func isBehind(by seconds: Int64) -> Bool { database.seconds > second + seconds }

        /// The database's clock, held within the row's second: what is begun or issued now is not later than that.
        var wall: Timestamp { min(database, Timestamp(milliseconds: second * 1000 + 999)) }
        var floor: Timestamp { Timestamp(seconds: second) }
    }
#endif
