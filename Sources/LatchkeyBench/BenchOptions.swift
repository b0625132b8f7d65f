import Foundation

/// What the command line asked for.
struct BenchOptions: Sendable {
    /// The release binary to measure.
    var server = ""
    /// Folder on the disk to measure; the system's temporary folder by default.
    var folder: String?
    /// Where the figures go as JSON; beside the data by default.
    var json: String?
    /// Commit of the source tree, as told by the caller.
    var commit = "unknown"
    var plan = BenchPlan.full
    var part = Part.all
    var wantsHelp = false

    /// What is measured.
    enum Part: Sendable {
        case all
        /// What a service pays for a token; needs no server.
        case verification
        /// What long lists and many pollers cost.
        case revocations
        case growth, flood, mixed
    }

    static let help = """
        Measures a latchkey server on this machine, beside what the machine itself can do.

        Usage: LatchkeyBench --server FILE [--quick] [--json FILE] [--folder DIR] [--commit NAME]
               LatchkeyBench --server FILE --revocations [--quick]
               LatchkeyBench --verification [--quick]

          --server FILE   the latchkey binary; build it with `swift build -c release --product latchkey`
          --revocations   only what long revocation lists and many pollers cost
          --verification  only what a service pays for a token; needs no server
          --quick         about 30 seconds: a look, not a measurement
          --json FILE     write the figures there; by default into the temporary folder that is printed
          --folder DIR    keep the data on this file system, which decides what a durable write costs
          --commit NAME   is printed with the figures
          --help          this text

        Scripts/bench builds both programs and calls this one:

          Scripts/bench
          Scripts/bench --quick
          Scripts/bench --folder /srv --json figures.json

        The server runs as a child process on 127.0.0.1 with a fresh data directory and default settings. Each row is
        measured once in every round, so that whatever slows the machine down for a while touches all rows alike;
        compare the ratios, not the absolute numbers. Generator and server share the machine.
        """

    /// Reads the arguments after the program's name.
    /// - Throws: ``BenchFailure`` naming the argument that is wrong.
    init(arguments: [String]) throws(BenchFailure) {
        var rest = arguments[...]
        while let argument = rest.popFirst() {
            switch argument {
            case "--help", "-h": wantsHelp = true
            case "--verification": part = .verification
            case "--revocations": part = .revocations
            case "--growth": part = .growth
            case "--flood": part = .flood
            case "--mixed": part = .mixed
            case "--quick": plan = .quick
            case "--server": server = try Self.value(of: argument, from: &rest)
            case "--folder": folder = try Self.value(of: argument, from: &rest)
            case "--json": json = try Self.value(of: argument, from: &rest)
            case "--commit": commit = try Self.value(of: argument, from: &rest)
            default: throw BenchFailure("Unknown argument \(argument); --help lists all.")
            }
        }
        guard wantsHelp || part == .verification || !server.isEmpty else {
            throw BenchFailure("Say which binary to measure with --server FILE; --help tells more.")
        }
    }

    private static func value(of name: String, from rest: inout ArraySlice<String>) throws(BenchFailure) -> String {
        guard let value = rest.popFirst(), !value.hasPrefix("--") else { throw BenchFailure("\(name) needs a value.") }
        return value
    }
}

/// How long and how often to measure. Times are seconds.
struct BenchPlan: Sendable, Codable {
    let name: String
    let rounds: Int
    /// Rows that Argon2 governs: one hash takes long, so a short slice would be coarse.
    let hashSeconds: Double
    /// Every other row.
    let sliceSeconds: Double
    /// Before the first round, each load once, not counted.
    let warmUpSeconds: Double
    let starts: Int
    /// Entries of the long lists.
    let listLengths: [Int]
    /// Pollers of the burst, and revocations in it.
    let crowd: Int
    let burst: Int

    static let full = BenchPlan(
        name: "full", rounds: 5, hashSeconds: 5, sliceSeconds: 3, warmUpSeconds: 0.5, starts: 5,
        listLengths: [1000, 100_000, 1_000_000], crowd: 500, burst: 10_000)
    static let quick = BenchPlan(
        name: "quick", rounds: 2, hashSeconds: 1.5, sliceSeconds: 0.7, warmUpSeconds: 0.1, starts: 3,
        listLengths: [1000, 100_000], crowd: 100, burst: 2000)
}

/// The measurement program: starts a release server and prints how it compares with what the machine can do.
@main
struct Bench {
    static func main() {
        do throws(BenchFailure) {
            let options = try BenchOptions(arguments: Array(CommandLine.arguments.dropFirst()))
            guard !options.wantsHelp else { return Console.line(BenchOptions.help) }
            start(options)
        } catch {
            Console.note(error.description)
            exit(2)
        }
    }

    private static func start(_ options: BenchOptions) {
        let signals = ServerUnderTest.stopOnInterrupt()
        do {
            try withExtendedLifetime(signals) { try measure(options) }
        } catch {
            Console.note("\(error)")
            exit(1)
        }
    }

    private static func measure(_ options: BenchOptions) throws {
        let run = try BenchRun(options: options)
        let report = try run.run()
        report.show()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        let file = options.json ?? run.folder + "/figures.json"
        try encoder.encode(report).write(to: URL(fileURLWithPath: file))
        Console.line()
        Console.line("Figures as JSON: \(file). Data and log: \(run.folder); remove it when you are done.")
        guard !report.hasFailures else { throw BenchFailure("Some requests failed: the rates above do not count.") }
    }
}

/// Why the measurement cannot go on, or what one request got instead of its answer.
struct BenchFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
