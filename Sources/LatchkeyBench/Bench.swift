import Foundation

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
