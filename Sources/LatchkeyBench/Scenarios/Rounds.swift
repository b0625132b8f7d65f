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
