/// The report as one HTML page that needs nothing else: no script, no font, no picture from anywhere.
struct Page {
    let report: Report

    var html: String {
        let (machine, plan) = (report.machine, report.plan)
        let judged = report.verdicts
        let met = judged.filter(\.isMet).count
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>Latchkey, measured \(Markup.text(machine.date))</title>
            <style>
            \(Self.style)
            </style>
            </head>
            <body>
            <header>
            <h1>Latchkey, measured</h1>
            <p>\(Markup.text(machine.date)), commit <code>\(Markup.text(machine.commit))</code>, plan \(plan.name), \
            \(plan.rounds) rounds. \(Markup.text(machine.processor)), \(machine.cores) cores, \(machine.memoryMiB) MiB, \
            Linux \(Markup.text(machine.kernel)), data on \(Markup.text(machine.fileSystem)). Load generator and server \
            share the machine.</p>
            \(report.notes.map { "<p class=\"note\">\(Markup.text($0))</p>" }.joined())
            \(report.complaint.map { "<p class=\"note\">\(Markup.text($0))</p>" } ?? "")
            </header>
            \(judged.isEmpty ? "" : BudgetTable(verdicts: judged).html(title: "\(met) of \(judged.count) budgets met"))
            \(report.sections.map { SectionMarkup(section: $0).html }.joined(separator: "\n"))
            <footer>Whiskers reach from the least to the greatest round, dots are medians. Grey rows are the machine or
            another program alone.</footer>
            </body>
            </html>

            """
    }

    /// Two palettes, by what the reader's system prefers.
    private static let style = """
        :root { --paper: #fbfbf9; --card: #fff; --ink: #1c2024; --faint: #6a7178; --rule: #e3e4e0; --good: #1a7f4b;
          --bad: #c2352b; --own: #2563c9; --other: #98a0a8; --late: #b7791f; --goodwash: #e5f4ec; --badwash: #fbe9e7; }
        @media (prefers-color-scheme: dark) { :root { --paper: #14171a; --card: #1b1f23; --ink: #e6e8ea; --faint: #949ca4;
          --rule: #2d3238; --good: #4cc38a; --bad: #ff7a6e; --own: #6ea8ff; --other: #6b747d; --late: #e0ac53;
          --goodwash: #173226; --badwash: #3a1f1d; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 1240px; padding: 2rem 1.25rem 3rem; background: var(--paper); color: var(--ink);
          font: 15px/1.45 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
        h1 { font-size: 1.7rem; margin: 0 0 .3rem; letter-spacing: -.01em; }
        h2 { font-size: 1.15rem; margin: 0; }
        h3 { font-size: .85rem; margin: 0 0 .2rem; font-weight: 600; }
        header p, footer, .sub { color: var(--faint); margin: .2rem 0; }
        .note { color: var(--bad); }
        section { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 1.1rem 1.25rem;
          margin-top: 1.25rem; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; margin-top: .7rem; }
        th { text-align: right; font-weight: 500; font-size: .8rem; color: var(--faint); white-space: nowrap; }
        th, td { padding: .32rem .5rem; border-bottom: 1px solid var(--rule); vertical-align: middle; }
        th:first-child, td:first-child { text-align: left; padding-left: 0; }
        tr:last-child td { border-bottom: 0; }
        td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
        td.n b { font-weight: 600; }
        td.what { white-space: nowrap; } td.what p { white-space: normal; max-width: 26rem; }
          th.plot, td.plot { width: 280px; text-align: left; }
        tr.other td { color: var(--faint); }
        details summary { cursor: pointer; } details p { color: var(--faint); font-size: .87rem; margin: .25rem 0 .1rem; }
        .unit { color: var(--faint); font-size: .85rem; }
        .tag { display: inline-block; min-width: 4.6em; text-align: center; border-radius: 99px; padding: .05rem .6rem;
          font-size: .8rem; font-weight: 600; }
        .met { color: var(--good); background: var(--goodwash); } .missed { color: var(--bad); background: var(--badwash); }
        pre { overflow-x: auto; margin: .9rem 0 0; font: 12.5px/1.5 ui-monospace, "DejaVu Sans Mono", monospace;
          color: var(--ink); }
        svg { display: block; } svg text { fill: var(--faint); font-size: 10.5px; }
        .curves { display: grid; grid-template-columns: repeat(auto-fit, minmax(330px, 1fr)); gap: 1.2rem; margin-top: 1rem; }
        .curves svg { width: 100%; height: auto; }
        """
}

/// Text between tags.
enum Markup {
    static func text(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }

    static func cell(_ value: String) -> String { "<td class=\"n\">\(value)</td>" }
}
