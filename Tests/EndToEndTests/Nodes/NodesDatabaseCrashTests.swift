#if Postgres
    import LatchkeyTokens
    import TestConditions
    import TestSupport
    import Testing

    /// Three nodes under load, and a database that crashes below them all at once.
    @Suite(.serialized, .endsHang) struct NodesDatabaseCrashTests {
        static let rounds = 5

        @Test func `nothing acknowledged is lost and nothing revoked comes back in 5 immediate stops of PostgreSQL`()
            async throws
        {
            let server = try await PostgresServer.make()
            let place = try await NodesPlace(database: server.url, count: 3)
            let ledger = NodesLedger(place.nodes)
            var random = TestSeed.generator("database crashes")
            let seeds = (0..<Self.rounds).map { _ in
                (load: random.next(), acts: Int.random(in: 10...60, using: &random))
            }
            try await RevokedTokenWatch.run(place.nodes) { watch in
                for (round, seed) in seeds.enumerated() {
                    let load = Task { await ledger.load(workers: 6, seed: seed.load) }
                    let goal = ledger.now.acts + seed.acts
                    try await eventually("\(goal) acts are acknowledged") { ledger.now.acts >= goal }
                    try await server.crash()
                    try await goOnFromMemory(place.nodes, ledger)
                    try await server.start()
                    // The same processes find it again.
                    for node in place.nodes {
                        try await eventually("a node signs in") { try await login(node).status == 200 }
                    }
                    let further = ledger.now.acts + 12
                    try await eventually("the nodes go on") { ledger.now.acts >= further }
                    load.cancel()
                    await load.value
                    try await ledger.verify("round \(round)")
                    try await watch.verify(ledger.now, "round \(round)")
                }
                // A balancer waits for a while in which no request was refused.
                for node in place.nodes {
                    try await eventually("a node is ready") { try await node.get("/readyz").status == 200 }
                }
                let told = ledger.now
                print(
                    "immediate stops of PostgreSQL: \(Self.rounds) rounds, \(told.logins) logins, "
                        + "\(told.refreshes) refreshes, \(told.logouts) logouts, \(told.polls) polls acknowledged, "
                        + "\(told.unanswered) unanswered; \(told.lost) lost, \(told.wrong.count) wrong answers, "
                        + "\(watch.accepted) of \(told.revoked.count) revoked tokens accepted; last seq \(told.sequence)"
                )
                #expect(told.logins > 20 && told.refreshes > 20 && told.logouts > 5 && told.polls > 20)
                #expect(told.epochs.count == 1, "the history of the database goes on")
            }
        }

        /// Requests come, and only those that need no database are answered.
        private func goOnFromMemory(_ nodes: [TestHTTP], _ ledger: NodesLedger) async throws {
            let goal = ledger.now.unanswered + 10
            try await eventually("requests are refused") { ledger.now.unanswered >= goal }
            for node in nodes {
                for path in ["/healthz", "/.well-known/jwks.json", "/revocations"] {
                    #expect(try await node.get(path).status == 200, "\(path)")
                }
                let refused = try await login(node)
                #expect(refused.status == 503 && refused[field: "Retry-After"] != nil, "\(refused.text)")
            }
        }

        private func login(_ node: TestHTTP) async throws -> TestResponse {
            try await node.post(
                "/api/v1/login",
                json: ["username": "user0", "password": .string(TestServer.password), "client_id": "spa"])
        }
    }
#endif
