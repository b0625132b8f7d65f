/// One line of the report: a load or a yardstick, measured once in every round.
struct Row {
    /// Stable name in the JSON.
    let key: String
    let title: String
    /// Whether it is the machine or another program, not this server.
    var isYardstick = false
    /// Whether Argon2 stands behind each count, so that a short slice would be coarse.
    var isHash = false
    /// Measures for about this many seconds.
    let measure: (_ seconds: Double) throws -> Slice
}

extension Row {
    /// The same, with the processor time of the cluster that stands behind it.
    func metered(by cluster: PostgresCluster) -> Row {
        Row(key: key, title: title, isYardstick: isYardstick, isHash: isHash) { seconds in
            try cluster.metering { try measure(seconds) }
        }
    }
}

/// Two rows to compare, or one with what several others allow together.
struct Ratio {
    let key: String
    let title: String
    /// From the slices of one round, by row key.
    let value: (_ slices: [String: Slice]) -> Double?

    /// `row` as a fraction of `limit`.
    static func of(_ row: String, to limit: String, _ title: String) -> Ratio {
        Ratio(key: "\(row)/\(limit)", title: title) { slices in
            guard let value = slices[row]?.perSecond, let limit = slices[limit]?.perSecond, limit > 0 else {
                return nil
            }
            return value / limit
        }
    }

    /// Processor time of the server for each request, as a multiple of what `limit` takes.
    static func cost(_ row: String, to limit: String, _ title: String) -> Ratio {
        Ratio(key: "cpu:\(row)/\(limit)", title: title) { slices in
            guard let value = slices[row]?.serverMicroseconds, let limit = slices[limit]?.serverMicroseconds, limit > 0
            else { return nil }
            return value / limit
        }
    }
}

/// Runs rows in turn, round after round, so that a disturbance hits neighbours alike.
struct Rounds {
    let plan: BenchPlan

    /// What each row gave in each round, by its key.
    func run(_ rows: [Row], name: String) throws -> [String: [Slice]] {
        // The first requests of a kind pay for memory and caches that the later ones find.
        Console.note("Warming up: \(name)")
        for row in rows where !row.isYardstick { _ = try row.measure(plan.warmUpSeconds) }
        var slices: [String: [Slice]] = [:]
        for round in 1...plan.rounds {
            Console.note("Round \(round) of \(plan.rounds): \(name)")
            for row in rows {
                let slice = try row.measure(row.isHash ? plan.hashSeconds : plan.sliceSeconds)
                slices[row.key, default: []].append(slice)
                if let failure = slice.firstFailure {
                    Console.note("\(row.title): \(slice.failures) failed, the first: \(failure)")
                }
            }
        }
        return slices
    }
}
