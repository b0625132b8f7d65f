import Foundation

extension Mixed {
    /// The results of ten minutes.
    struct Figures: SectionFigures, Codable {
        /// Requests a second of the mix in a closed loop, and what was then asked.
        let capacity: Double
        let perSecond: Double
        let answered: Double
        let seconds: Double
        let serverProcessors: Double
        let generator: GeneratorFigures
        let loads: [Load]
        /// MiB: medians of the first minute after the warm-up and of the last third.
        let earlyResidentMiB: Double
        let lateResidentMiB: [Double]
        let newSessions: Int
        let newBytes: Int
        let failures: Int
        let firstFailure: String?
        let series: [Series]

        /// One kind of request: p99 in milliseconds, window by window.
        struct Load: Sendable, Codable {
            let kind: String
            let p50Milliseconds: Double
            /// The first third after the warm-up, and the last.
            let early: [Double]
            let late: [Double]
        }
    }

    /// Memory that the allocator may keep without a leak.
    fileprivate static let allowanceMiB = 4.0

    fileprivate static func flat(_ kind: String) -> Budget {
        Budget(
            key: "mixed_\(kind.replacing(" ", with: "_"))",
            title: "p99 of \(kind), last third of the run / first third",
            bound: .atMost(1.25), unit: "x",
            reason: "A load that gets slower within ten minutes does not settle within a day.")
    }

    fileprivate static let memory = Budget(
        key: "mixed_memory", title: "resident memory of the last third, less 4 MiB / of the first minute",
        bound: .atMost(1.05), unit: "x", reason: "A leak of a hundred bytes a request would be five times this.")
    fileprivate static let file = Budget(
        key: "mixed_file", title: "growth of the database file for each new session", bound: .atMost(800),
        unit: "bytes",
        reason: "A session, a line of the audit trail and four index entries are 390 bytes, and pages that split are "
            + "half empty; rotations write in place.")
}

extension Mixed.Figures {
    init(
        capacity: Double, perSecond: Double, size: Mixed.Size, outcome: OpenLoop.Outcome,
        states: [(seconds: Double, value: ServerState)], newSessions: Int, newBytes: Int
    ) {
        self.capacity = capacity
        self.perSecond = perSecond
        answered = Double(outcome.count) / outcome.seconds
        seconds = outcome.seconds
        serverProcessors = outcome.serverCPUSeconds / outcome.seconds
        generator = GeneratorFigures(outcome)
        let third = (size.run - size.warmUp) / 3
        let early = size.warmUp..<size.warmUp + third
        let late = size.run - third..<size.run
        let kinds = outcome.timelines.keys.sorted()
        var curves: [Series] = []
        var loads: [Load] = []
        for kind in kinds {
            let p50 = outcome[kind].milliseconds(0.5, every: size.window, upTo: size.run)
            let p99 = outcome[kind].milliseconds(0.99, every: size.window, upTo: size.run)
            curves.append(Series(title: "\(kind) p50", unit: "ms", points: p50))
            curves.append(Series(title: "\(kind) p99", unit: "ms", points: p99))
            loads.append(
                Load(
                    kind: kind, p50Milliseconds: outcome[kind].milliseconds(0.5) ?? 0,
                    early: p99.filter { early.contains($0.seconds) }.map(\.value),
                    late: p99.filter { late.contains($0.seconds) }.map(\.value)))
        }
        self.loads = loads
        let firstMinute = size.warmUp..<size.warmUp + min(60, third)
        earlyResidentMiB =
            Spread(states.filter { firstMinute.contains($0.seconds) }.map(\.value.residentMiB))?.median ?? 0
        lateResidentMiB = states.filter { late.contains($0.seconds) }.map(\.value.residentMiB)
        self.newSessions = newSessions
        self.newBytes = newBytes
        failures = outcome.failures
        firstFailure = outcome.firstFailure
        let curve = { (title: String, unit: String, value: (ServerState) -> Double) in
            Series(title: title, unit: unit, points: states.map { ($0.seconds, value($0.value)) })
        }
        series =
            curves + [
                curve("resident memory", "MiB", \.residentMiB), curve("database file", "MiB", \.databaseMiB),
                curve("write-ahead log", "MiB", \.logMiB), curve("sessions", "", \.sessions),
            ]
    }

    var verdicts: [Verdict] {
        let latencies = loads.compactMap { load -> Verdict? in
            guard let early = Spread(load.early)?.median, early > 0 else { return nil }
            return Mixed.flat(load.kind).judge(load.late.map { $0 / early })
        }
        let memory = lateResidentMiB.map { ($0 - Mixed.allowanceMiB) / max(earlyResidentMiB, 1) }
        return latencies
            + [
                Mixed.memory.judge(memory), Mixed.file.judge([Double(newBytes) / Double(max(newSessions, 1))]),
                Budget.failures(in: "mixed").judge([Double(failures)]),
            ].compactMap { $0 }
    }

    /// For people.
    var lines: [String] {
        let head = [
            "",
            String(
                format:
                    "mixed load: %.0f requests a second of %.0f asked, for %.0f s; by processor time the machine manages %.0f",
                answered, perSecond, seconds, capacity),
            String(format: "  server %.2f processors, ", serverProcessors) + generator.text,
        ]
        let kinds = loads.map { load in
            let name = load.kind.padding(toLength: 20, withPad: " ", startingAt: 0)
            return String(
                format: "  %@ p50 %6.2f ms, p99 first third %7.2f ms, last third %7.2f ms", name, load.p50Milliseconds,
                Spread(load.early)?.median ?? 0, Spread(load.late)?.median ?? 0)
        }
        var rest = [
            String(
                format: "  resident %.1f MiB after the first minute, %.1f MiB in the last third", earlyResidentMiB,
                Spread(lateResidentMiB)?.median ?? 0),
            String(
                format: "  %d new sessions, file grew by %.1f MiB: %.0f bytes each", newSessions,
                Double(newBytes) / 1_048_576, Double(newBytes) / Double(max(newSessions, 1))),
        ]
        if let firstFailure { rest.append("  \(failures) FAILED, the first: \(firstFailure)") }
        return head + kinds + rest
    }
}
