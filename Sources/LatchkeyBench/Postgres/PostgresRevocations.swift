/// How long after its own answer a logout at one node is in the answer of a long poll at another one.
struct PostgresRevocations {
    let options: BenchOptions
    let folder: String

    /// Milliseconds of each logout, round by round.
    struct Figures: Encodable, Sendable {
        var quiet: [[Double]] = []
        /// While both nodes rotate as fast as they can.
        var loaded: [[Double]] = []
        var rotationsPerSecond: [Double] = []
    }

    private static let busyConnections = 16

    func measure() throws -> Section {
        var section = Section(.postgresRevocations)
        var figures = Figures()
        try PostgresScene.with(options, folder) { scene in
            let first = try scene.node("first")
            let second = try scene.node("second", beside: first, database: "first")
            let count = options.plan.isQuick ? 50 : 200
            for round in 1...options.plan.rounds {
                Console.note("Round \(round) of \(options.plan.rounds): \(count) logouts, then as many under load")
                figures.quiet.append(try LogoutWatch(first, second).hear(count))
                let load = try BackgroundRotations(nodes: [first, second], connections: Self.busyConnections)
                let heard = Result { try LogoutWatch(first, second).hear(count) }
                let slices = load.stop()
                figures.loaded.append(try heard.get())
                figures.rotationsPerSecond.append(slices.map(\.perSecond).reduce(0, +) / Double(max(slices.count, 1)))
                if let failure = slices.compactMap(\.firstFailure).first {
                    Console.note("A rotation failed: \(failure)")
                    section.hasFailures = true
                }
            }
            section.lines = figures.lines + [scene.description]
        }
        section.figures = figures
        try section.judge(.heardElsewhere, figures.quiet.map { Self.quantile(0.99, of: $0) })
        return section
    }

    fileprivate static func quantile(_ quantile: Double, of values: [Double]) -> Double {
        let sorted = values.sorted()
        let rank = Int((Double(sorted.count) * quantile).rounded(.up)) - 1
        return sorted.isEmpty ? 0 : sorted[min(max(rank, 0), sorted.count - 1)]
    }
}

extension PostgresRevocations.Figures {
    /// For people.
    fileprivate var lines: [String] {
        let rate = Number.text((Spread(rotationsPerSecond)?.median ?? 0).rounded())
        return [
            "from the answer of a logout at one node to that of a long poll at the other",
            line("quiet", quiet), line("beside \(rate) rotations a second", loaded),
        ]
    }

    private func line(_ name: String, _ rounds: [[Double]]) -> String {
        let all = rounds.flatMap { $0 }
        let numbers = [0.5, 0.99, 1].map { Number.fixed(PostgresRevocations.quantile($0, of: all), 1) }
        return "  \(name): p50 \(numbers[0]) ms, p99 \(numbers[1]) ms, max \(numbers[2]) ms, of \(all.count)"
    }
}

extension Budget {
    fileprivate static let heardElsewhere = Budget(
        key: "postgres_heard", title: "logout at one node, in a long poll of another, p99", bound: .atMost(200),
        unit: "ms",
        reason:
            "What is revoked is over everywhere before a person has moved on. The check that runs once a second would "
            + "not do, so this shows that the nodes notify each other.")
}
