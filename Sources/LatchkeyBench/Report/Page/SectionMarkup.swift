/// One part: rates and latencies as a table with plots, then ratios, curves and the lines for people.
struct SectionMarkup {
    let section: Section

    private static let width = 180.0
    private static let height = 20.0

    var html: String {
        """
        <section id="\(section.key)">
        <h2>\(section.key)</h2>
        <p class="sub">\(Markup.text(section.title))</p>
        \(rates)\(ratios)\(curves)\(lines)
        </section>
        """
    }

    // MARK: Rates

    private var rates: String {
        let rows = section.rows
        guard !rows.isEmpty else { return "" }
        let rates = Axis(covering: rows.flatMap { [$0.perSecond.minimum, $0.perSecond.maximum] }, width: Self.width)
        let latencies = rows.flatMap { $0.p50Milliseconds + $0.p99Milliseconds }
        let times = latencies.isEmpty ? nil : Axis(covering: latencies, width: Self.width)
        let timeHead = times.map { axis in
            "<th>p50 ms</th><th>p99 ms</th><th>\(axis.head(axis.decades, Number.mark))</th>"
                + "<th>server µs</th><th>load µs</th><th>failed</th>"
        }
        return """
            <div class="scroll"><table>
            <tr><th></th><th>per second</th><th>\(rates.head(rates.decades, Self.short))</th>\(timeHead ?? "")\
            \(hasDatabase ? "<th>database µs</th>" : "")</tr>
            \(rows.map { row($0, rates, times) }.joined(separator: "\n"))
            </table></div>
            """
    }

    private func row(_ row: RowFigures, _ rates: Axis, _ times: Axis?) -> String {
        let colour = row.isYardstick ? "--other" : "--own"
        let rate = SVG.strip(
            width: Self.width, height: Self.height,
            rates.grid(rates.decades, height: Self.height)
                + SVG.whisker(row.perSecond, on: rates, Self.height / 2, colour))
        return """
            <tr\(row.isYardstick ? " class=\"other\"" : "")><td class="what">\(Markup.text(row.title))</td>\
            \(Markup.cell("<b>\(Number.text(row.perSecond.median.rounded()))</b>"))<td>\(rate)</td>\
            \(times.map { latency(row, $0, colour) } ?? "")\(database(row))</tr>
            """
    }

    private var hasDatabase: Bool { section.rows.contains { !$0.databaseMicroseconds.isEmpty } }

    private func database(_ row: RowFigures) -> String {
        guard hasDatabase else { return "" }
        return Markup.cell(Spread(row.databaseMicroseconds).map { Number.fixed($0.median, 1) } ?? "")
    }

    private func latency(_ row: RowFigures, _ axis: Axis, _ colour: String) -> String {
        guard let p50 = Spread(row.p50Milliseconds)?.median, let p99 = Spread(row.p99Milliseconds)?.median else {
            return String(repeating: "<td></td>", count: 6)
        }
        let middle = Self.height / 2
        let plot = SVG.strip(
            width: Self.width, height: Self.height,
            axis.grid(axis.decades, height: Self.height)
                + SVG.line(axis.x(p50), middle, axis.x(p99), middle, "--late", width: 3)
                + SVG.dot(axis.x(p50), middle, colour) + SVG.dot(axis.x(p99), middle, "--late"))
        let processor = [row.serverMicroseconds, row.generatorMicroseconds].map { value in
            Markup.cell(value.map { Number.fixed($0, 1) } ?? "")
        }
        return Markup.cell(Number.fixed(p50, 2)) + Markup.cell(Number.fixed(p99, 2)) + "<td>\(plot)</td>"
            + processor.joined() + Markup.cell(String(row.failures))
    }

    private static func short(_ value: Double) -> String {
        value >= 1000 ? "\(Number.mark(value / 1000))k" : Number.mark(value)
    }

    // MARK: The rest

    private var ratios: String {
        guard !section.ratios.isEmpty else { return "" }
        let axis = Axis(
            covering: section.ratios.flatMap { [$0.ratio.minimum, $0.ratio.maximum] } + [1], width: Self.width)
        let rows = section.ratios.map { figures in
            let plot = SVG.strip(
                width: Self.width, height: Self.height,
                axis.grid(axis.decades, height: Self.height)
                    + SVG.line(axis.x(1), 0, axis.x(1), Self.height, "--faint")
                    + SVG.whisker(figures.ratio, on: axis, Self.height / 2, "--own"))
            let numbers = [figures.ratio.minimum, figures.ratio.median, figures.ratio.maximum].map {
                Markup.cell(Number.fixed($0, 3))
            }
            return "<tr><td>\(Markup.text(figures.title))</td>\(numbers.joined())<td>\(plot)</td></tr>"
        }
        return """
            <div class="scroll"><table>
            <tr><th>ratio, round by round</th><th>min</th><th>median</th><th>max</th>\
            <th>\(axis.head(axis.decades, Number.mark))</th></tr>
            \(rows.joined(separator: "\n"))
            </table></div>
            """
    }

    private var curves: String {
        guard !section.series.isEmpty else { return "" }
        return "<div class=\"curves\">" + section.series.map { Curve(series: $0).html }.joined() + "</div>"
    }

    private var lines: String {
        let text = section.lines.joined(separator: "\n").trimmingPrefix("\n")
        return text.isEmpty ? "" : "<pre>\(Markup.text(String(text)))</pre>"
    }
}
