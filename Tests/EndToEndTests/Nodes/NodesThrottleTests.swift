#if Postgres
    import LatchkeyCore
    import LatchkeyTokens
    import TestConditions
    import TestSupport
    import Testing

    /// Failed sign-ins at several nodes.
    @Suite(.endsHang) struct NodesThrottleTests {
        @Test func `failures at all nodes count together, and all are in the trail`() async throws {
            try await withNodes(3, ["login.account_failures": "6"]) { nodes in
                try await nodes[0].addUser()
                try await nodes[0].addClient()
                var failed = 0
                while true {
                    let status = try await nodes[failed % 3].login(password: "wrong-horses-eat-staples").status
                    if status == 429 { break }
                    #expect(status == 401)
                    failed += 1
                }
                // Each failure beyond the sixth doubles the delay, so that a slow machine meets it, too. One node alone
                // would have let pass three times as many.
                #expect((6...14).contains(failed))
                let events = try await nodes[0].services.audit.page(AuditFilter(kind: .loginFailed)).items
                #expect(events.map(\.count).reduce(0, +) == failed)
            }
        }

        @Test func `events that nodes fold at once are all counted`() async throws {
            try await withNodes(2) { nodes in
                let event = AuditEvent(
                    .loginFailed, at: nodes[0].services.clock.now(), actor: .system, network: "192.0.2.1")
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<60 {
                        group.addTask { try await nodes[number % 2].services.store.appendAudit(event) }
                    }
                    try await group.waitForAll()
                }
                let events = try await nodes[0].services.audit.page(AuditFilter(kind: .loginFailed)).items
                #expect(events.map(\.count).reduce(0, +) == 60)
            }
        }
    }
#endif
