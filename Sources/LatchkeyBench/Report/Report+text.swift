extension Report {
    /// The report for people.
    func show() {
        Console.line()
        Console.line("Latchkey \(machine.commit), \(machine.date), plan \(plan.name), \(plan.rounds) rounds")
        Console.line(
            "\(machine.processor), \(machine.cores) cores, \(machine.memoryMiB) MiB, Linux \(machine.kernel), "
                + "data on \(machine.fileSystem)")
        Console.line("Generator and server share this machine: rates are what is left for the server.")
        for section in sections { section.show() }
        showVerdicts()
        for note in notes { Console.line("Note: \(note)") }
    }

    private func showVerdicts() {
        guard !verdicts.isEmpty else { return }
        let titles = verdicts.map { "\($0.budget.title) (\($0.budget.unit))" }
        let table = TextTable(titleWidth: titles.map(\.count).max() ?? 0, columnWidth: 11)
        Console.line()
        table.line("budget, judged by the median", ["limit", "min", "median", "max", "verdict"])
        for (title, verdict) in zip(titles, verdicts) {
            let (budget, measured) = (verdict.budget, verdict.measured)
            table.line(
                title,
                [
                    "\(budget.bound)", Number.text(measured.minimum), Number.text(measured.median),
                    Number.text(measured.maximum), verdict.isMet ? "met" : "MISSED",
                ])
        }
    }
}

extension Section {
    fileprivate func show() {
        Console.line()
        Console.line("\(key.uppercased()): \(title)")
        showRows()
        showRatios()
        for line in lines { Console.line(line) }
    }

    private func showRows() {
        guard !rows.isEmpty else { return }
        let table = TextTable(titleWidth: 62, columnWidth: 10)
        let hasDatabase = rows.contains { !$0.databaseMicroseconds.isEmpty }
        table.line(
            "per second",
            ["min", "median", "max", "p50 ms", "p99 ms", "server", "generator", "failed"]
                + (hasDatabase ? ["database"] : []))
        for row in rows {
            let columns = [
                rate(row.perSecond.minimum), rate(row.perSecond.median), rate(row.perSecond.maximum),
                optional(Spread(row.p50Milliseconds)?.median, 2), optional(Spread(row.p99Milliseconds)?.median, 2),
                optional(row.serverMicroseconds, 1), optional(row.generatorMicroseconds, 1),
                row.serverMicroseconds == nil ? "" : String(row.failures),
                optional(Spread(row.databaseMicroseconds)?.median, 1),
            ]
            table.line(row.title, columns)
        }
        if rows.contains(where: { $0.serverMicroseconds != nil }) {
            let what = hasDatabase ? "server, generator, database" : "server, generator"
            Console.line("\(what): microseconds of processor time per request")
        }
    }

    private func showRatios() {
        guard !ratios.isEmpty else { return }
        let table = TextTable(titleWidth: 82, columnWidth: 8)
        table.line("ratio, round by round", ["min", "median", "max"])
        for ratio in ratios {
            table.line(
                ratio.title,
                [ratio.ratio.minimum, ratio.ratio.median, ratio.ratio.maximum].map { Number.fixed($0, 3) })
        }
    }

    private func rate(_ value: Double) -> String { Number.fixed(value, value < 1000 ? 1 : 0) }

    private func optional(_ value: Double?, _ digits: Int) -> String { value.map { Number.fixed($0, digits) } ?? "" }
}

/// Columns of one width behind a title.
struct TextTable {
    let titleWidth: Int
    let columnWidth: Int

    func line(_ title: String, _ columns: [String]) { Console.line(text(title, columns)) }

    func text(_ title: String, _ columns: [String]) -> String {
        let left = title + String(repeating: " ", count: max(1, titleWidth - title.count))
        let right = columns.map { String(repeating: " ", count: max(1, columnWidth - $0.count)) + $0 }
        return left + right.joined()
    }
}
