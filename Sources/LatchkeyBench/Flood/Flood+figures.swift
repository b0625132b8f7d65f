import Foundation

extension Flood {
    /// What a flood did.
    struct Figures: SectionFigures, Codable {
        let precedence: Bool
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

    /// With precedence. Without it what is waited for is the scheduler, whatever the quiet machine manages.
    fileprivate static func ratio(_ kind: String) -> Budget {
        Budget(
            key: "precedence_\(kind.replacing(" ", with: "_"))", title: "p99 of \(kind) in the flood / in quiet",
            bound: .atMost(2), unit: "x",
            reason: "Who answers and writes goes before hashing: nobody else may notice the flood.")
    }

    fileprivate static func latency(_ kind: String) -> Budget {
        Budget(
            key: "flood_\(kind.replacing(" ", with: "_"))", title: "p99 of \(kind) in the flood",
            bound: .atMost(10), unit: "ms",
            reason: "Passwords wait in a queue of their own and have threads of their own: nobody else may.")
    }

    fileprivate static func early(_ kind: String, _ part: String) -> Budget {
        Budget(
            key: "\(part)_\(kind.replacing(" ", with: "_"))", title: "p99 of \(kind), from when it was due",
            bound: .atMost(50), unit: "ms", reason: "A refusal that hashes nothing waits for nothing.")
    }

    fileprivate static func memory(_ part: String) -> Budget {
        Budget(
            key: "\(part)_memory", title: "largest resident memory in the flood, without the hash arenas",
            bound: .atMost(60), unit: "MB", reason: "The queue is bounded, so a flood may not take memory.")
    }

    fileprivate static func hashing(_ part: String) -> Budget {
        Budget(
            key: "\(part)_hashing", title: "passwords hashed in the flood / without it", bound: .atLeast(0.8),
            unit: "x",
            reason:
                "Turning attempts away must leave the processors to those that were let in: as far as the generator of "
                + "the flood, which takes a tenth of them, leaves any; a fifth is the most that is granted it.")
    }
}

extension Flood.Figures {
    init(
        precedence: Bool, capacity: Double, quiet: [OpenLoop.Outcome], flood: OpenLoop.Outcome,
        memory: [(seconds: Double, value: ServerFigures.Memory)], window: Double, cores: Int
    ) {
        typealias Kind = FloodWork.Kind
        self.precedence = precedence
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
        series =
            Flood.kinds.map { kind in
                Series(
                    title: "\(kind) p99 in the flood", unit: "ms",
                    points: flood[kind].milliseconds(0.99, every: 1, upTo: flood.seconds))
            } + [Series(title: "resident memory in the flood", unit: "MiB", points: resident)]
    }

    var verdicts: [Verdict] {
        let latencies = loads.compactMap { load -> Verdict? in
            guard precedence else { return Flood.latency(load.kind).judge(load.flood) }
            guard let quiet = Spread(load.quiet)?.median, quiet > 0 else { return nil }
            return Flood.ratio(load.kind).judge(load.flood.map { $0 / quiet })
        }
        let part = (precedence ? Part.precedence : .flood).rawValue
        let early = outcomes.filter { [FloodWork.Kind.overloaded, FloodWork.Kind.throttled].contains($0.kind) }
        return latencies + early.compactMap { Flood.early($0.kind, part).judge($0.p99Milliseconds) }
            + [
                Flood.memory(part).judge([(largestResidentMiB - arenasMiB) * 1.048576]),
                Flood.hashing(part).judge([hashedPerSecond / (capacity * processorsLeft)]),
                Budget.failures(in: part).judge([Double(failures)]),
            ].compactMap { $0 }
    }

    /// For people.
    var lines: [String] {
        let head = [
            "",
            String(
                format: "flood%@: four times %.0f logins a second; %.0f passwords a second hashed meanwhile",
                precedence ? " with precedence" : "", capacity, hashedPerSecond),
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
