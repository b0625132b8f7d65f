import Foundation

/// How much the generator itself was in the way: it shares the machine with the server.
struct GeneratorFigures: Sendable, Codable {
    /// From when a request was due to its sending, p99.
    let latenessMilliseconds: Double
    /// Processors that it took.
    let processors: Double
    /// Whether the system let its thread come before the server's.
    let isUrgent: Bool

    init(_ outcome: OpenLoop.Outcome) {
        latenessMilliseconds = outcome.lateness.milliseconds(0.99) ?? 0
        processors = outcome.generatorCPUSeconds / outcome.seconds
        isUrgent = outcome.isUrgent
    }

    /// For people.
    var text: String {
        String(format: "generator %.2f processors, late by p99 %.2f ms", processors, latenessMilliseconds)
            + (isUrgent ? "" : " (without CAP_SYS_NICE it waits for the server's threads: latencies contain that)")
    }
}
