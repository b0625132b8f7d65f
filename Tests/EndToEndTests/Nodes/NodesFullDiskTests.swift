#if Postgres
    import LatchkeyTokens
    import TestConditions
    import TestSupport
    import Testing

    /// No more room on PostgreSQL's disk, in the middle of the work of two nodes.
    @Suite(
        .serialized, .endsHang,
        .enabled(if: SmallDisk.isPossible || SmallDisk.isRequired, Comment(rawValue: SmallDisk.whatItNeeds)))
    struct NodesFullDiskTests {
        @Test(arguments: PostgresServer.Part.allCases)
        func `a full disk of PostgreSQL is answered with 503, loses nothing, and is over when there is room`(
            part: PostgresServer.Part
        ) async throws {
            let server = try await PostgresServer.make(small: part)
            let place = try await NodesPlace(database: server.url, count: 2)
            let ledger = NodesLedger(place.nodes)
            var random = TestSeed.generator("full disks")
            let seed = random.next()
            try await RevokedTokenWatch.run(place.nodes) { watch in
                var load = Task { await ledger.load(workers: 8, seed: seed) }
                try await eventually("sessions live") { ledger.now.live.count >= 80 }
                load.cancel()
                await load.value
                let sessions = ledger.now.live
                try server.fillDisk()
                load = Task { await ledger.load(workers: 8, seed: seed &+ 100) }
                try await refused(.login, ledger)
                // Only now, or all have left before anything is refused. A page that is there has room for some.
                let leaving = Task { await ledger.leave(sessions, seed: seed) }
                try await refused(.logout, ledger)
                try #require(ledger.now.wrong.isEmpty, "\(ledger.now.wrong.prefix(3))")
                for node in place.nodes { try await saysSo(node) }
                try await server.freeDisk()
                for node in place.nodes {
                    try await eventually("a node is ready") { try await node.get("/readyz").status == 200 }
                }
                let further = ledger.now.acts + 12
                try await eventually("the nodes go on") { ledger.now.acts >= further }
                load.cancel()
                await load.value
                leaving.cancel()
                await leaving.value
                try await ledger.verify("\(part)")
                try await watch.verify(ledger.now, "\(part)")
                let told = ledger.now
                print(
                    "full disk of PostgreSQL's \(part): \(told.logins) logins, \(told.refreshes) refreshes, "
                        + "\(told.logouts) logouts, \(told.polls) polls acknowledged, \(told.unanswered) unanswered; "
                        + "\(told.lost) lost, \(told.wrong.count) wrong answers, "
                        + "\(watch.accepted) of \(told.revoked.count) revoked tokens accepted")
                #expect(told.epochs.count == 1)
                #expect(try server.logged(part == .log ? "PANIC" : "could not extend file") > 0)
                #expect(try server.logged("No space left on device") > 0)
            }
        }

        /// Waits until some were refused, or anybody got an answer that nobody may get.
        private func refused(_ act: NodesLedger.Act, _ ledger: NodesLedger) async throws {
            try await eventually("a \(act) is refused") {
                ledger.now.refused[act, default: 0] >= 3 || !ledger.now.wrong.isEmpty
            }
        }

        /// Says so where operators look, and goes on with what needs no disk.
        private func saysSo(_ node: TestHTTP) async throws {
            try await eventually("a node says that it is not ready") {
                let ready = try await node.get("/readyz")
                guard ready.status == 503, ready[field: "Retry-After"] != nil else { return false }
                return (ready.json.object?["checks"]?.array ?? []).contains {
                    ["store_writable", "database_followed"].contains($0.object?["name"]) && $0.object?["ok"] == false
                }
            }
            for path in ["/healthz", "/.well-known/jwks.json", "/revocations", "/metrics"] {
                #expect(try await node.get(path).status == 200, "\(path)")
            }
        }
    }
#endif
