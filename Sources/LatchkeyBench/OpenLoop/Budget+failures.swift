extension Budget {
    /// Requests that got another answer than they should have: figures of the others say little then.
    static func failures(in scenario: String) -> Budget {
        Budget(
            key: "\(scenario)_failures", title: "failed requests, \(scenario)", bound: .atMost(0), unit: "requests",
            reason: "A fast answer that is wrong does not count as fast.")
    }
}
