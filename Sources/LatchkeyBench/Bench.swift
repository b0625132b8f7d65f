import Foundation

/// The measurement program: starts a release server and prints how it compares with what the machine can do.
@main
struct Bench {
    static func main() {
        do {
            let options = try BenchOptions(arguments: Array(CommandLine.arguments.dropFirst()))
            guard !options.wantsHelp else { return Console.line(BenchOptions.help) }
            let signals = ServerUnderTest.stopOnInterrupt()
            try withExtendedLifetime(signals) { try measure(options) }
        } catch let failure as BenchFailure {
            Console.note(failure.description)
            exit(1)
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
