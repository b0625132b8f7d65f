/// Rotations at a fixed pace over the whole range of a large table: what each waits for its commit, and how far the
/// write-ahead log grows meanwhile.
struct CommitLoad {
    let seeded: SeededServer
    let server: ServerUnderTest
    let seconds: Double

    struct Figures: Sendable, Codable {
        let asked: Double
        let perSecond: Double
        /// A rotation as its client sees it, from the time at which it was due.
        let p50Milliseconds: Double
        let p99Milliseconds: Double
        let p999Milliseconds: Double
        /// Five equal parts of the run.
        let p999ByPart: [Double]
        /// By the server's histogram, nil where it has none: upper bounds of buckets.
        let commitP50Milliseconds: Double?
        let commitP999Milliseconds: Double?
        let commits: Double?
        let largestLogMiB: Double
        let failures: Int
        let firstFailure: String?
        let generator: GeneratorFigures
        /// Just before and just after the run.
        let flushes: [FlushLatency]
        let serverProcessors: Double
        let series: [Series]
    }

    private static let perSecond = 4000.0
    private static let connections = 96
    /// As many as a run of twenty seconds rotates about twice.
    private static let sessions = 40_000
    private static let parts = 5

    func measure() throws -> Figures {
        let taken = Set(GrowthSide.rotated(of: seeded.plan.sessions))
        let numbers = GrowthSide.spread(Self.sessions, over: seeded.plan.sessions / 2 - 1)
            .map { 2 * $0 + 2 }.filter { !taken.contains($0) }
        let work = RotationWork(tokens: try numbers.map(seeded.refreshToken))
        let lane = Lane(
            perSecond: Self.perSecond, from: Array(repeating: .loopback, count: Self.connections), next: work.next)
        let loop = OpenLoop(port: server.port, server: server.figures)
        let log = seeded.writeAheadLog
        let flushSeconds = seconds / 10
        let quiet = try FlushLatency(folder: seeded.folder, seconds: flushSeconds)
        let before = try CommitHistogram(at: server.endpoint)
        let sizes = Sampler(everyMilliseconds: 50) { SeededServer.size(log) }
        let outcome = try loop.run([lane], seconds: seconds)
        let logMiB = sizes.stop().map { (seconds: $0.seconds, value: Double($0.value) / 1_048_576) }
        let after = try CommitHistogram(at: server.endpoint)
        let histogram = before.flatMap { before in after.map { $0.since(before) } }
        try outcome.require([RotationWork.kind])
        let rotations = outcome[RotationWork.kind]
        let part = seconds / Double(Self.parts)
        return Figures(
            asked: Self.perSecond, perSecond: Double(rotations.finished(by: seconds)) / seconds,
            p50Milliseconds: rotations.milliseconds(0.5) ?? 0,
            p99Milliseconds: rotations.milliseconds(0.99) ?? 0,
            p999Milliseconds: rotations.milliseconds(0.999) ?? 0,
            p999ByPart: rotations.milliseconds(0.999, every: part, upTo: seconds).map(\.value),
            commitP50Milliseconds: histogram?.milliseconds(0.5),
            commitP999Milliseconds: histogram?.milliseconds(0.999), commits: histogram?.commits,
            largestLogMiB: logMiB.map(\.value).max() ?? 0, failures: outcome.failures,
            firstFailure: outcome.firstFailure,
            generator: GeneratorFigures(outcome),
            flushes: [quiet, try FlushLatency(folder: seeded.folder, seconds: flushSeconds)],
            serverProcessors: outcome.serverCPUSeconds / seconds,
            series: [
                Series(
                    title: "rotation p99.9", unit: "ms",
                    points: rotations.milliseconds(0.999, every: seconds / 40, upTo: seconds)),
                Series(title: "write-ahead log", unit: "MiB", points: logMiB),
            ])
    }
}
