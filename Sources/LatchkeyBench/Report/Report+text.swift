import Foundation

extension Report {
    /// The report for people.
    func show() {
        Console.line()
        Console.line("Latchkey \(machine.commit), \(machine.date), plan \(plan.name), \(plan.rounds) rounds")
        Console.line(
            "\(machine.processor), \(machine.cores) cores, \(machine.memoryMiB) MiB, Linux \(machine.kernel), "
                + "data on \(machine.fileSystem)")
        Console.line("Generator and server share this machine: rates are what is left for the server.")
        if !rows.isEmpty {
            showRows()
            showRatios()
        }
        showProcess()
        for line in lists.flatMap(\.lines) + (crowd?.lines ?? []) { Console.line(line) }
        for line in scenario { Console.line(line) }
        for note in notes { Console.line("Note: \(note)") }
    }

    private func showRows() {
        Console.line()
        Self.table("per second", 58, ["min", "median", "max", "p50 ms", "p99 ms", "server", "generator", "failed"], 10)
        for row in rows {
            let columns = [
                Self.number(row.perSecond.minimum), Self.number(row.perSecond.median),
                Self.number(row.perSecond.maximum),
                Self.fixed(row.p50Milliseconds, 2), Self.fixed(row.p99Milliseconds, 2),
                Self.fixed(row.serverMicroseconds, 1), Self.fixed(row.generatorMicroseconds, 1),
                row.isYardstick ? "" : String(row.failures),
            ]
            Self.table(row.title, 58, columns, 10)
        }
        Console.line("server, generator: microseconds of processor time per request")
    }

    private func showRatios() {
        Console.line()
        Self.table("ratio, round by round", 82, ["min", "median", "max"], 8)
        for ratio in ratios {
            let columns = [ratio.ratio.minimum, ratio.ratio.median, ratio.ratio.maximum].map { Self.fixed($0, 3) }
            Self.table(ratio.title, 82, columns, 8)
        }
    }

    private func showProcess() {
        Console.line()
        if let start {
            let columns = [start.minimum, start.median, start.maximum].map { Self.fixed($0 * 1000, 0) }
            Console.line(
                "start to first answer, existing database: \(columns[1]) ms (min \(columns[0]), max \(columns[2]), "
                    + "\(plan.starts) starts)")
        }
        for figures in memory {
            let (resident, own, peak) = (
                figures.memory.residentKiB, figures.memory.anonymousKiB, figures.memory.peakKiB
            )
            Console.line(
                Self.left("memory \(figures.when)", 42)
                    + "resident \(Self.mebibytes(resident)) MiB, not from files \(Self.mebibytes(own)) MiB, "
                    + "peak so far \(Self.mebibytes(peak)) MiB")
        }
    }

    private static func table(_ title: String, _ titleWidth: Int, _ columns: [String], _ columnWidth: Int) {
        Console.line(left(title, titleWidth) + columns.map { right($0, columnWidth) }.joined())
    }

    private static func number(_ value: Double) -> String { fixed(value, value < 1000 ? 1 : 0) }

    private static func mebibytes(_ kibibytes: Int) -> String { fixed(Double(kibibytes) / 1024, 1) }

    private static func fixed(_ value: Double, _ digits: Int) -> String {
        value.formatted(
            .number.precision(.fractionLength(digits)).grouping(.never).locale(Locale(identifier: "en_US_POSIX")))
    }

    private static func fixed(_ value: Double?, _ digits: Int) -> String {
        guard let value else { return "" }
        return fixed(value, digits)
    }

    private static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(1, width - text.count)) + text
    }
}

/// The report goes to standard output, what is going on to standard error.
enum Console {
    static func line(_ text: String = "") {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    static func note(_ text: String) {
        FileHandle.standardError.write(Data(("==> " + text + "\n").utf8))
    }
}

extension Verdict {
    var trial: String {
        "  \(isMet ? "ok  " : "MISS") \(budget.key) \(measured.minimum) \(measured.median) \(measured.maximum) \(budget.bound)"
    }
}
