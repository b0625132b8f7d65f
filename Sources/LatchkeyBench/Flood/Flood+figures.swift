import Foundation

extension Flood {
    /// The effects of a flood.
    struct Figures: SectionFigures, Codable {
        /// Whether the threads that answer and write went first while a password was hashed.
        let withPrecedence: Bool
        /// Logins a second without a flood, before and after it.
        let capacity: Double
        /// What the generator leaves of the processors meanwhile, 0 to 1.
        let processorsLeft: Double
        let loads: [Load]
        let outcomes: [Outcome]
        /// Passwords hashed a second meanwhile, right or wrong.
        let hashedPerSecond: Double
        let largestResidentMiB: Double
        /// Of that, what is not from files.
        let largestAnonymousMiB: Double
        let arenasMiB: Double
        let quietGenerator: [GeneratorFigures]
        let floodGenerator: GeneratorFigures
        let failures: Int
        let firstFailure: String?
        let series: [Series]

        /// A load that has nothing to do with the flood: p99 in milliseconds, window by window.
        struct Load: Sendable, Codable {
            let kind: String
            let quiet: [Double]
            let flood: [Double]
            let quietMedian: Double
            let floodMedian: Double
        }

        /// How attempts ended.
        struct Outcome: Sendable, Codable {
            let kind: String
            let count: Int
            let p50Milliseconds: Double
            /// Window by window.
            let p99Milliseconds: [Double]
        }
    }

    /// A generator that takes more than this leaves is no excuse.
    fileprivate static let leastLeft = 0.8

    /// Argon2's memory at the default cost, a hash thread.
    fileprivate static let arenaMiB = 19.0

    fileprivate static func latency(_ kind: String) -> Budget {
        Budget(
            key: "flood_\(kind.replacing(" ", with: "_"))", title: "p99 of \(kind) in the flood",
            bound: .atMost(10), unit: "ms",
            reason:
                "Passwords wait in a queue of their own and have threads of their own; without special rights a thread "
                + "that answers still waits for a processor on which one hashes.")
    }

    fileprivate static func precedence(_ kind: String) -> Budget {
        Budget(
            key: "flood_precedence_\(kind.replacing(" ", with: "_"))",
            title: "p99 of \(kind) in the flood / in quiet, login.precedence", bound: .atMost(2), unit: "x",
            reason: "The threads that answer and write go first while passwords are hashed.")
    }

    fileprivate static func early(_ kind: String) -> Budget {
        Budget(
            key: "flood_\(kind.replacing(" ", with: "_"))", title: "p99 of \(kind), from when it was due",
            bound: .atMost(50), unit: "ms", reason: "A refusal that hashes nothing waits for nothing.")
    }

    fileprivate static let memory = Budget(
        key: "flood_memory", title: "largest resident memory in the flood, without the hash arenas",
        bound: .atMost(60), unit: "MB", reason: "The queue is bounded, so a flood may not take memory.")
    fileprivate static let hashing = Budget(
        key: "flood_hashing", title: "passwords hashed in the flood / without it", bound: .atLeast(0.8), unit: "x",
        reason:
            "Refusing attempts must leave the processors to the accepted ones: as far as the generator of "
            + "the flood, which takes a tenth of them, leaves any; it gets a fifth at most.")
}

extension Flood.Figures {
    init(
        withPrecedence: Bool, capacity: Double, quiet: [OpenLoop.Outcome], flood: OpenLoop.Outcome,
        memory: [(seconds: Double, value: ServerFigures.Memory)], window: Double, cores: Int
    ) {
        typealias Kind = FloodWork.Kind
        self.withPrecedence = withPrecedence
        self.capacity = capacity
        processorsLeft = max(Flood.leastLeft, 1 - GeneratorFigures(flood).processors / Double(cores))
        loads = Flood.kinds.map { kind in
            let medians = quiet.compactMap { $0[kind].milliseconds(0.5) }
            return Load(
                kind: kind,
                quiet: quiet.flatMap { $0[kind].milliseconds(0.99, every: window, upTo: $0.seconds).map(\.value) },
                flood: flood[kind].milliseconds(0.99, every: window, upTo: flood.seconds).map(\.value),
                quietMedian: Spread(medians)?.median ?? 0, floodMedian: flood[kind].milliseconds(0.5) ?? 0)
        }
        outcomes = [Kind.accepted, Kind.wrong, Kind.overloaded, Kind.throttled].map { kind in
            Outcome(
                kind: kind, count: flood[kind].count, p50Milliseconds: flood[kind].milliseconds(0.5) ?? 0,
                p99Milliseconds: flood[kind].milliseconds(0.99, every: window, upTo: flood.seconds).map(\.value))
        }
        let hashed = [Kind.accepted, Kind.wrong].map { flood[$0].finished(by: flood.seconds) }.reduce(0, +)
        hashedPerSecond = Double(hashed) / flood.seconds
        let resident = memory.map { (seconds: $0.seconds, value: Double($0.value.residentKiB) / 1024) }
        largestResidentMiB = resident.map(\.value).max() ?? 0
        largestAnonymousMiB = Double(memory.map(\.value.anonymousKiB).max() ?? 0) / 1024
        arenasMiB = Double(cores) * Flood.arenaMiB
        quietGenerator = quiet.map(GeneratorFigures.init)
        floodGenerator = GeneratorFigures(flood)
        let all = quiet + [flood]
        failures = all.map(\.failures).reduce(0, +)
        firstFailure = all.compactMap(\.firstFailure).first
        let name = withPrecedence ? "in the flood, login.precedence" : "in the flood"
        series =
            Flood.kinds.map { kind in
                Series(
                    title: "\(kind) p99 \(name)", unit: "ms",
                    points: flood[kind].milliseconds(0.99, every: 1, upTo: flood.seconds))
            } + [Series(title: "resident memory \(name)", unit: "MiB", points: resident)]
    }

    var verdicts: [Verdict] {
        if withPrecedence {
            let latencies = loads.compactMap { load -> Verdict? in
                guard let quiet = Spread(load.quiet)?.median, quiet > 0 else { return nil }
                return Flood.precedence(load.kind).judge(load.flood.map { $0 / quiet })
            }
            return latencies + [Budget.failures(in: "flood_precedence").judge([Double(failures)])].compactMap { $0 }
        }
        let latencies = loads.compactMap { Flood.latency($0.kind).judge($0.flood) }
        let early = outcomes.filter { [FloodWork.Kind.overloaded, FloodWork.Kind.throttled].contains($0.kind) }
        return latencies + early.compactMap { Flood.early($0.kind).judge($0.p99Milliseconds) }
            + [
                Flood.memory.judge([(largestResidentMiB - arenasMiB) * 1.048576]),
                Flood.hashing.judge([hashedPerSecond / (capacity * processorsLeft)]),
                Budget.failures(in: "flood").judge([Double(failures)]),
            ].compactMap { $0 }
    }

    /// For people.
    var lines: [String] {
        let head = [
            "",
            String(
                format: "flood%@: four times %.0f logins a second; %.0f passwords a second hashed meanwhile",
                withPrecedence ? " (login.precedence)" : "", capacity, hashedPerSecond),
        ]
        let background = loads.map { load in
            let name = load.kind.padding(toLength: 16, withPad: " ", startingAt: 0)
            return String(
                format: "  %@ quiet p50 %6.2f ms, p99 %6.2f ms; in the flood p50 %6.2f ms, p99 %6.2f ms", name,
                load.quietMedian, Spread(load.quiet)?.median ?? 0, load.floodMedian, Spread(load.flood)?.median ?? 0)
        }
        let ends = outcomes.map { outcome in
            let name = outcome.kind.padding(toLength: 16, withPad: " ", startingAt: 0)
            return String(
                format: "  %@ %7d, p50 %7.1f ms, p99 %7.1f ms", name, outcome.count, outcome.p50Milliseconds,
                Spread(outcome.p99Milliseconds)?.median ?? 0)
        }
        var rest = [
            String(
                format: "  resident up to %.1f MiB, not from files %.1f, of which the hash arenas may be %.0f",
                largestResidentMiB, largestAnonymousMiB, arenasMiB), "  in the flood: \(floodGenerator.text)",
        ]
        if let firstFailure { rest.append("  \(failures) FAILED, the first: \(firstFailure)") }
        return head + background + ends + rest
    }
}
