extension Budget {
    static func instructions(_ subject: Instructions.Subject, _ budget: Instructions.Subject.Budget) -> Budget {
        Budget(
            key: "instructions_\(subject.rawValue)", title: "\(budget.name): instructions",
            bound: .atMost(budget.instructions), unit: "a time",
            reason:
                "Somewhat more than it takes, as callgrind counts. A change that makes it dearer misses the budget on any "
                + "machine, and must give its reason here.")
    }

    static func allocations(_ subject: Instructions.Subject, _ budget: Instructions.Subject.Budget) -> Budget {
        Budget(
            key: "allocations_\(subject.rawValue)", title: "\(budget.name): allocations",
            bound: .atMost(budget.allocations), unit: "a time",
            reason: "As for instructions. Each is allocated and freed, which takes at least two hundred instructions.")
    }
}

extension Instructions.Subject {
    /// The most that one may take.
    struct Budget {
        let name: String
        let instructions: Double
        let allocations: Double
    }

    /// Nil for work that is not ours.
    var budget: Budget? {
        switch self {
        case .refresh: Budget(name: "refresh", instructions: 610_000, allocations: 190)
        case .login: Budget(name: "login without its hash", instructions: 1_080_000, allocations: 420)
        case .introspection: Budget(name: "introspection", instructions: 218_000, allocations: 110)
        case .jwks: Budget(name: "JWKS", instructions: 23_500, allocations: 7)
        case .poll: Budget(name: "list poll, 304", instructions: 23_500, allocations: 7)
        case .empty: Budget(name: "empty answer", instructions: 59_000, allocations: 19)
        case .verification: Budget(name: "verification without its signature", instructions: 51_000, allocations: 37)
        case .signature: nil
        }
    }
}
