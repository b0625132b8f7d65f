import Foundation

extension Growth {
    /// The cost of growing tables.
    struct Figures: SectionFigures, Codable {
        let sessions: Int
        let users: Int
        let seedSeconds: Double
        let databaseBytes: Int
        let costs: [Cost]
        /// Processor use without requests soon after the start: few sessions, many.
        let idleProcessors: [Double]
        let commits: CommitLoad.Figures
        let startMilliseconds: [Double]
        /// From SIGTERM soon after the start, when housekeeping may be under way.
        let longestStopSeconds: Double
        /// After SIGKILL, with the write-ahead log of a busy server.
        let startAfterCrashMilliseconds: Double
        let logAfterCrashMiB: Double

        /// One operation on both servers, a value a round.
        struct Cost: Sendable, Codable {
            let key: String
            let title: String
            /// Median latencies in microseconds.
            let small: [Double]
            let large: [Double]
            /// The server's processor time for one request in microseconds, over all rounds.
            let smallProcessor: Double
            let largeProcessor: Double

            init(key: String, title: String, _ slices: [(small: Slice, large: Slice)]) {
                self.key = key
                self.title = title
                small = slices.compactMap { $0.small.latencyMilliseconds(0.5) }.map { $0 * 1000 }
                large = slices.compactMap { $0.large.latencyMilliseconds(0.5) }.map { $0 * 1000 }
                smallProcessor = Self.processor(slices.map(\.small))
                largeProcessor = Self.processor(slices.map(\.large))
            }

            /// Round by round: that is what the interleaving is for.
            var ratios: [Double] { zip(small, large).map { $1 / $0 } }

            private static func processor(_ slices: [Slice]) -> Double {
                slices.map(\.serverCPUSeconds).reduce(0, +) / Double(max(1, slices.map(\.count).reduce(0, +))) * 1e6
            }
        }

        var series: [Series] { commits.series }
        var failures: Int { commits.failures }
    }

    /// The write-ahead log may reach 16,000 pages of 4 KiB with their headers before the writer itself empties it (63
    /// MiB), and what a batch or two add meanwhile.
    private static let mostLogMiB = 68.0

    private static func budget(growth key: String, _ title: String) -> Budget {
        Budget(
            key: "growth_\(key)", title: "\(title): cost with many sessions / with 10,000", bound: .atMost(1.25),
            unit: "x",
            reason: "A B-tree with a thousand times the rows has one or two more levels; a higher cost means a scan.")
    }

    fileprivate static let restart = Budget(
        key: "growth_restart", title: "restart with many sessions, to the first answer", bound: .atMost(500),
        unit: "ms", reason: "Nothing may be read at start that grows with the sessions.")
    fileprivate static let rate = Budget(
        key: "commit_rate", title: "rotations a second over all sessions, 4,000 asked", bound: .atLeast(3960),
        unit: "a second", reason: "Four thousand a second refresh 1.2 million sessions every five minutes.")
    fileprivate static let commit = Budget(
        key: "commit_p999", title: "commit p99.9 at 4,000 rotations a second", bound: .atMost(10), unit: "ms",
        reason: "A flush takes below a millisecond; ten are left only when no commit waits for a checkpoint.")
    fileprivate static let log = Budget(
        key: "commit_log", title: "largest write-ahead log at 4,000 rotations a second", bound: .atMost(mostLogMiB),
        unit: "MiB", reason: "The writer's own bound of 16,000 pages: a log without bound fills the disk.")
}

extension Growth.Figures {
    var verdicts: [Verdict] {
        let growth = costs.compactMap { Growth.budget(growth: $0.key, $0.title).judge($0.ratios) }
        // Without the server's own figure the whole rotation is taken for its commit, because it contains it.
        let commit = commits.commitP999Milliseconds.map { [$0] } ?? commits.p999ByPart
        return growth
            + [
                Growth.restart.judge(startMilliseconds), Growth.rate.judge([commits.perSecond]),
                Growth.commit.judge(commit), Growth.log.judge([commits.largestLogMiB]),
                Budget.failures(in: "growth").judge([Double(commits.failures)]),
            ].compactMap { $0 }
    }

    /// For people.
    var lines: [String] {
        let head = [
            "",
            String(
                format: "growth: %d sessions, %d users, %d MiB, filled in %.0f s", sessions, users,
                databaseBytes >> 20, seedSeconds),
            "  microseconds, median latency and server's processor time; few sessions, many, ratio",
        ]
        return head + costs.map(Self.line)
            + [
                String(
                    format: "  idle just after the start: %.2f and %.2f processors", idleProcessors[0],
                    idleProcessors[1])
            ] + commits.lines
            + [
                String(
                    format: "  start to first answer %.0f ms, after SIGKILL with a log of %.0f MiB %.0f ms; "
                        + "longest stop %.2f s", Spread(startMilliseconds)?.median ?? 0, logAfterCrashMiB,
                    startAfterCrashMilliseconds, longestStopSeconds)
            ]
    }

    private static func line(_ cost: Cost) -> String {
        let name = cost.title.padding(toLength: 26, withPad: " ", startingAt: 0)
        let (small, large) = (Spread(cost.small)?.median ?? 0, Spread(cost.large)?.median ?? 0)
        return String(
            format: "  %@ latency %7.0f %7.0f %5.2f   processor %6.1f %6.1f %5.2f", name, small, large,
            Spread(cost.ratios)?.median ?? 0, cost.smallProcessor, cost.largeProcessor,
            cost.largeProcessor / max(cost.smallProcessor, 0.1))
    }
}

extension CommitLoad.Figures {
    /// For people.
    var lines: [String] {
        var lines = [
            String(
                format: "  paced rotations: %.0f a second of %.0f, p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms, "
                    + "server %.2f processors", perSecond, asked, p50Milliseconds, p99Milliseconds, p999Milliseconds,
                serverProcessors),
            String(format: "  write-ahead log up to %.1f MiB; ", largestLogMiB) + generator.text,
        ]
        if let commitP50Milliseconds, let commitP999Milliseconds, let commits {
            lines.append(
                String(
                    format: "  %.0f commits by the server's histogram: p50 up to %.2f ms, p99.9 up to %.2f ms", commits,
                    commitP50Milliseconds, commitP999Milliseconds))
        } else {
            lines.append(
                "  the server has no latchkey_store_commit_seconds: the whole rotation is taken for its commit")
        }
        for flush in flushes {
            lines.append(
                String(
                    format: "  the disk alone, a page and its flush: p50 %.2f ms, p99 %.2f ms, p99.9 %.2f ms",
                    flush.p50Milliseconds, flush.p99Milliseconds, flush.p999Milliseconds))
        }
        if let firstFailure { lines.append("  \(failures) FAILED, the first: \(firstFailure)") }
        return lines
    }
}
