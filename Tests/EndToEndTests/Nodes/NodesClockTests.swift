#if Postgres
    import Foundation
    import LatchkeyTokens
    import LatchkeyVerifier
    import TestConditions
    import TestSupport
    import Testing

    /// Nodes and databases whose clock is an hour wrong.
    @Suite(.serialized, .endsHang, .enabled(if: WrongClock.isPossible, Comment(rawValue: WrongClock.whereFrom)))
    struct NodesClockTests {
        private static let hour = 3600

        /// The database's clock, in milliseconds.
        private func now(_ server: PostgresServer) async throws -> Int64 {
            try #require(
                Int64(try await server.query("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")))
        }

        private func second(_ server: PostgresServer) async throws -> Int64 {
            try #require(Int64(try await server.query("SELECT second FROM clock")))
        }

        private func login(_ node: TestHTTP, _ user: String) async throws -> TestResponse {
            try await node.post(
                "/api/v1/login",
                json: ["username": .string(user), "password": .string(TestServer.password), "client_id": "spa"])
        }

        private func document(_ node: TestHTTP) async throws -> RevocationDocument {
            try RevocationDocument(parsing: try await node.get("/revocations").body)
        }

        private func refusesEverywhere(_ token: String, _ nodes: [TestHTTP]) async throws {
            for node in nodes {
                try await eventually("a node refuses what another one revoked") {
                    try await node.authorised("GET", "/api/v1/me", bearer: token).status == 401
                }
            }
        }

        /// When a node has last written to its log, by its own clock.
        private func ownClock(_ place: NodesPlace, _ number: Int) throws -> Date? {
            try place.log(number).split(separator: "\n")
                .compactMap { try? Date("\($0.prefix(19))Z", strategy: .iso8601) }.last
        }

        @Test func `nodes whose clocks differ by two hours go by the database's, and hold to one another's tokens`()
            async throws
        {
            let server = try await PostgresServer.make()
            let ahead = [0, Self.hour, -Self.hour]
            let place = try await NodesPlace(database: server.url, count: 3, clocks: ahead)
            let nodes = place.nodes
            for (number, ahead) in ahead.enumerated() {
                try await eventually("a line with the time") { try ownClock(place, number) != nil }
                let said = try #require(try ownClock(place, number))
                #expect(abs(said.timeIntervalSinceNow - Double(ahead)) < 1700, "the clock is not what it should be")
            }
            var tokens: [String] = []
            let start = try await now(server)
            for (number, node) in nodes.enumerated() {
                let before = try await now(server)
                let answer = try await login(node, "user\(number)")
                let token = try #require(answer["access_token"], "\(answer.text)")
                let after = try await now(server)
                let claims = try PollingReader.claims(token)
                // The clock's row may be a little old.
                #expect((before / 1000 - 2...after / 1000).contains(Int64(claims.iat)), "node \(number)")
                #expect(Int64(claims.exp - claims.iat) == answer.integer("expires_in"))
                tokens.append(token)
            }
            for token in tokens {
                for node in nodes {
                    #expect(try await node.authorised("GET", "/api/v1/me", bearer: token).status == 200)
                    try await withVerifier(node) { verifier in
                        #expect(await verifier.waitUntilReady(for: .seconds(600)))
                        #expect(throws: Never.self) { try verifier.verifyNow(token) }
                    }
                }
            }
            // By name, and by time at nodes whose own clocks would revoke too little and too much.
            let left = try await nodes[0].authorised("POST", "/api/v1/logout", bearer: tokens[0])
            #expect(left.status == 204)
            for number in [1, 2] {
                let run = try await place.run(number, "revoke", "user", "user\(number)")
                #expect(run.status == 0, "\(run.output)")
            }
            for token in tokens { try await refusesEverywhere(token, nodes) }
            // Whoever signs in again is not caught by them.
            for (number, node) in nodes.enumerated() {
                let answer = try await login(node, "user\((number + 1) % 3)")
                let token = try #require(answer["access_token"], "\(answer.text)")
                for node in nodes {
                    #expect(try await node.authorised("GET", "/api/v1/me", bearer: token).status == 200)
                }
            }
            for node in nodes {
                let before = try await now(server)
                try await eventually("the list is as of now") {
                    try await document(node).now.milliseconds >= before / 1000 * 1000
                }
                #expect(try await document(node).now.milliseconds <= (try await now(server)))
            }
            try await agree(server, from: start - 2000)
        }

        /// What was written since `start` has times of the database's clock, whichever node wrote it.
        private func agree(_ server: PostgresServer, from start: Int64) async throws {
            // Nodes go on writing meanwhile.
            let end = "(extract(epoch FROM clock_timestamp()) * 1000)::bigint"
            for (table, column) in [
                ("sessions", "created_at"), ("audit_events", "at"), ("revocations", "revoked_at"), ("nodes", "seen_at"),
            ] {
                let bounds = "max(\(column)) BETWEEN \(start) AND \(end)"
                #expect(try await server.query("SELECT \(bounds) FROM \(table)") == "t", "\(table)")
            }
            let early = "created_at < \(start) - 600000"
            #expect(try await server.query("SELECT count(*) FROM sessions WHERE \(early)") == "0")
            #expect(try await server.query("SELECT count(DISTINCT expires_at - created_at) FROM sessions") == "1")
            #expect(
                try await server.query("SELECT bool_and(issued_before <= \(end) / 1000) FROM revocations") == "t")
        }

        @Test func `a promoted server whose clock is an hour back issues nothing, revokes, and takes back no second`()
            async throws
        {
            let primary = try await PostgresServer.make()
            let standby = try await primary.makeStandby()
            let place = try await NodesPlace(
                database: "host=\(primary.host),\(standby.host) user=latchkey dbname=test", count: 2)
            let (first, second) = (place.nodes[0], place.nodes[1])
            let kept = try await login(first, "user0")
            let leaving = try await login(second, "user1")
            let gone = try #require(leaving["access_token"])
            let goneRefresh = try #require(leaving["refresh_token"])
            let ended = try #require(try PollingReader.claims(gone).sid)
            let other = try #require(try await login(first, "user3")["access_token"])
            try await primary.catchUp(standby)
            let epoch = try await document(first).epoch
            let floor = try await self.second(primary)
            try await standby.stop()
            try await primary.crash()
            try await standby.start(ahead: -Self.hour)
            try await standby.promote()
            for node in place.nodes {
                try await eventually("a node serves from the promoted server") {
                    let answer = try await node.get("/revocations")
                    return answer.status == 200 && answer["epoch"] != epoch
                }
            }
            #expect(try await now(standby) / 1000 < floor - 3000, "its clock is behind")
            for (node, path) in [(first, "login"), (second, "refresh")] {
                let answer =
                    path == "login"
                    ? try await login(node, "user2") : try await refresh(node, kept["refresh_token"] ?? "")
                #expect(answer.status == 503, "\(path): \(answer.text)")
                #expect(answer.text.utf8.contains("clock was set back".utf8), "\(path): \(answer.text)")
                #expect(Int(answer[field: "Retry-After"] ?? "") ?? 0 > 3000)
            }
            // By name, and by time.
            let left = try await first.post("/api/v1/logout", json: ["refresh_token": .string(goneRefresh)])
            #expect(left.status == 204, "\(left.text)")
            let run = try await place.run(1, "revoke", "user", "user0")
            #expect(run.status == 0, "\(run.output)")
            let user = try PollingReader.claims(try #require(kept["access_token"])).sub
            for node in place.nodes {
                try await eventually("a node lists both") {
                    let entries = try await document(node).entries
                    return [ended, user].allSatisfy { id in entries.contains { $0.id == id } }
                }
                for entry in try await document(node).entries where entry.id == user {
                    #expect(try #require(entry.issuedBefore).seconds >= floor, "the token is no younger")
                }
            }
            #expect(try await self.second(standby) >= floor)

            try await standby.stop()
            try await standby.start()
            for node in place.nodes {
                try await eventually("a node issues again") { try await login(node, "user3").status == 200 }
            }
            #expect(try await self.second(standby) > floor)
            // What was revoked meanwhile, and nothing else.
            for token in [gone, try #require(kept["access_token"])] { try await refusesEverywhere(token, place.nodes) }
            try await eventually("a token that nobody revoked is accepted") {
                try await first.authorised("GET", "/api/v1/me", bearer: other).status == 200
            }
            #expect(try await refresh(first, kept["refresh_token"] ?? "").status == 400)
        }

        private func refresh(_ node: TestHTTP, _ token: String) async throws -> TestResponse {
            try await node.post(
                "/oauth2/token",
                form: [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "spa")])
        }
    }
#endif
