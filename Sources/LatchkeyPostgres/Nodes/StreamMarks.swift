#if Postgres
    import LatchkeySQL

    /// What this node knows of the event streams: enough to see which of them another node has changed.
    struct StreamMarks {
        /// Of one stream: another value once it has got an event or another status.
        static let mark = "hashtextextended(number::text || ' ' || last_seq::text || ' ' || status, 0)"

        private var known: [Int64: Int64]
        /// ``CheckRow/streams`` when they were read.
        private var sum: Int64

        init(_ connection: PostgresConnection, sum: Int64) throws {
            known = try Self.read(connection)
            self.sum = sum
        }

        var all: Set<Int64> { Set(known.keys) }

        /// - Returns: the streams that were changed, made or deleted since the last call.
        mutating func changed(_ connection: PostgresConnection, sum: Int64) throws -> Set<Int64> {
            guard sum != self.sum else { return [] }
            let now = try Self.read(connection)
            let changed = Set(now.filter { known[$0.key] != $0.value }.keys).union(known.keys.filter { now[$0] == nil })
            known = now
            // What was read may be newer than the sum: then the next look reads once more.
            self.sum = sum
            return changed
        }

        private static func read(_ connection: PostgresConnection) throws -> [Int64: Int64] {
            let rows = try connection.all("SELECT number, \(mark) FROM event_streams") {
                (number: $0[0] as Int64, mark: $0[1] as Int64)
            }
            return Dictionary(rows.map { ($0.number, $0.mark) }) { first, _ in first }
        }
    }
#endif
