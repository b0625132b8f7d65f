import Foundation

/// The measurement program: starts a release server and prints how it compares with the machine's own limits.
@main
struct Bench {
    static func main() {
        do throws(BenchFailure) {
            let options = try BenchOptions(arguments: Array(CommandLine.arguments.dropFirst()))
            switch options.wish {
            case .help: Console.line(BenchOptions.help)
            case .list: Console.line(BenchOptions.list)
            case .loop(let count): loop(count)
            case .measure: measure(options)
            }
        } catch {
            Console.note(error.description)
            exit(2)
        }
    }

    /// The loop in which callgrind counts for ``Instructions``.
    private static func loop(_ count: Int) {
        do { try Verification(entries: 1000, tokens: 64).loop(count) } catch {
            Console.note("\(error)")
            exit(1)
        }
    }

    private static func measure(_ options: BenchOptions) {
        let signals = ChildProcess.stopOnInterrupt()
        do {
            try withExtendedLifetime(signals) {
                let run = try BenchRun(options: options)
                let report = try run.run()
                report.show()
                let (json, page) = try run.write(report)
                Console.line()
                Console.line("Page with plots: \(page). Figures as JSON: \(json).")
                if let complaint = report.complaint { throw BenchFailure(complaint) }
            }
        } catch {
            Console.note("\(error)")
            exit(1)
        }
    }
}

/// Why the measurement cannot continue, or what a request got instead of its answer.
struct BenchFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
