/// All that was measured, in the shape of the JSON file.
struct Report: Sendable, Encodable {
    let machine: Machine
    let plan: BenchPlan
    var sections: [Section] = []
    var notes: [String] = []

    /// Of all parts.
    var verdicts: [Verdict] { sections.flatMap(\.verdicts) }

    /// Why this run is no success, in one sentence; nil when it is one.
    var complaint: String? {
        if sections.contains(where: \.hasFailures) {
            return "Some requests failed: the rates above do not count."
        }
        let missed = verdicts.filter { !$0.isMet }.count
        return missed > 0 ? "\(missed) of \(verdicts.count) budgets missed." : nil
    }
}
