/// Every budget with what was measured, and how far from the limit that is: to the right of the line is good, whichever
/// side of the number is.
struct BudgetTable {
    let verdicts: [Verdict]

    /// Times better or worse than the limit. What is farther out lies at the edge.
    private static let axis = Axis(from: 0.125, to: 8, width: 280)
    private static let marks: [Double] = [0.125, 0.25, 0.5, 1, 2, 4, 8]
    private static let height = 26.0

    func html(title: String) -> String {
        """
        <section>
        <h2>\(title)</h2>
        <p class="sub">Judged by the median. The plot tells how many times better than its limit each is: the line is the
        limit, right of it is good.</p>
        <div class="scroll"><table>
        <tr><th>budget</th><th>limit</th><th>min</th><th>median</th><th>max</th>\
        <th class="plot">\(Self.axis.head(Self.marks, Self.name))</th><th></th></tr>
        \(verdicts.map(row).joined(separator: "\n"))
        </table></div>
        </section>
        """
    }

    private func row(_ verdict: Verdict) -> String {
        let (budget, measured) = (verdict.budget, verdict.measured)
        let colour = verdict.isMet ? "--good" : "--bad"
        let plot = SVG.strip(
            width: Self.axis.width, height: Self.height,
            Self.axis.grid(Self.marks, height: Self.height)
                + SVG.line(Self.axis.x(1), 0, Self.axis.x(1), Self.height, "--ink", width: 1.5)
                + Self.whisker(verdict, colour))
        let numbers = [
            "\(budget.bound)", Number.text(measured.minimum), "<b>\(Number.text(measured.median))</b>",
            Number.text(measured.maximum),
        ]
        return """
            <tr><td class="what"><details><summary>\(Markup.text(budget.title)) \
            <span class="unit">\(Markup.text(budget.unit))</span></summary>\
            <p>\(Markup.text(budget.reason))</p></details></td>\
            \(numbers.map(Markup.cell).joined())<td class="plot">\(plot)</td>\
            <td><span class="tag \(verdict.isMet ? "met" : "missed")">\(verdict.isMet ? "met" : "MISSED")</span></td></tr>
            """
    }

    private static func whisker(_ verdict: Verdict, _ colour: String) -> String {
        let margin = verdict.budget.bound.margin
        let ends = [verdict.measured.minimum, verdict.measured.median, verdict.measured.maximum].map(margin)
        guard let spread = Spread(ends) else { return "" }
        // The bar from the limit shows the distance even where the whisker is shorter than the dot.
        return SVG.line(axis.x(1), height / 2, axis.x(spread.median), height / 2, colour)
            + SVG.whisker(spread, on: axis, height / 2, colour)
    }

    private static func name(_ mark: Double) -> String {
        mark < 1 ? "÷\(Number.mark(1 / mark))" : mark == 1 ? "limit" : "×\(Number.mark(mark))"
    }
}
