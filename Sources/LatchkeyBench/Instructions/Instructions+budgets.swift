extension Budget {
    static func instructions(_ subject: Instructions.Subject) -> Budget {
        Budget(
            key: "instructions_\(subject.rawValue)", title: "\(subject.name): instructions",
            bound: .atMost(subject.mostInstructions), unit: "a time",
            reason: "A tenth more than it takes. Whoever makes it dearer is told, on any machine, and says here why it "
                + "is worth it.")
    }

    static func allocations(_ subject: Instructions.Subject) -> Budget {
        Budget(
            key: "allocations_\(subject.rawValue)", title: "\(subject.name): allocations",
            bound: .atMost(subject.mostAllocations), unit: "a time",
            reason: "As for instructions: each one is taken and given back, a hundred instructions at least.")
    }
}

extension Instructions.Subject {
    /// In the tables.
    fileprivate var name: String {
        switch self {
        case .refresh: "refresh"
        case .login: "login without its hash"
        case .introspection: "introspection"
        case .jwks: "JWKS"
        case .poll: "list poll, 304"
        case .empty: "empty answer"
        case .verification: "verification by LatchkeyVerifier"
        case .signature: "ES256 verification alone"
        }
    }

    fileprivate var mostInstructions: Double {
        switch self {
        case .refresh: 450_000
        case .login: 600_000
        case .introspection: 200_000
        case .jwks: 30_000
        case .poll: 30_000
        case .empty: 50_000
        case .verification: 500_000
        case .signature: 450_000
        }
    }

    fileprivate var mostAllocations: Double {
        switch self {
        case .refresh: 500
        case .login: 700
        case .introspection: 300
        case .jwks: 30
        case .poll: 30
        case .empty: 80
        case .verification: 60
        case .signature: 10
        }
    }
}
