/// How far a long piece of work is: a bar that redraws itself on a terminal, a plain line every tenth elsewhere.
struct ProgressBar {
    private let total: Int
    private let isInteractive: Bool
    private var percent = -1

    /// - Parameter total: what `done` reaches in the end; 0 when it is not known, and then nothing is shown.
    init(total: Int, isInteractive: Bool = Terminal.isErrorInteractive) {
        self.total = total
        self.isInteractive = isInteractive
    }

    /// Shows that `done` of the total are behind us. Quiet while the percentage stays the same.
    mutating func show(_ done: Int, _ note: String) {
        guard total > 0 else { return }
        let now = min(100, done * 100 / total)
        guard now != percent else { return }
        defer { percent = now }
        if isInteractive {
            let filled = now * 30 / 100
            let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
            Terminal.prompt("\r[\(bar)] \(now) %  \(note)")
        } else if now / 10 > percent / 10, now >= 10 {
            Terminal.note("\(now) %  \(note)")
        }
    }

    /// The end of the work: a full bar and a line end.
    mutating func finish(_ note: String) {
        guard total > 0 else { return }
        percent = -1
        show(total, note)
        if isInteractive { Terminal.note("") }
    }
}
