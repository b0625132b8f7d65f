#if Postgres
    import Foundation
    import LatchkeyCore
    import LatchkeyTokens
    import TestConditions
    import TestSupport
    import Testing

    /// Pollers that a balancer sends now to one node, now to another, of which one may be cut off from the database.
    @Suite(.endsHang) struct NodesPollTests {
        private func document(_ answer: TestResponse) throws -> RevocationDocument {
            #expect(answer.status == 200, "\(answer.text)")
            return try RevocationDocument(parsing: answer.body)
        }

        @Test func `a poller of one node goes on at the other, and never gets less than it has`() async throws {
            try await withNodes(2) { nodes in
                try await nodes[0].addUser()
                try await nodes[0].addClient()
                var list = try await nodes[0].list()
                for round in 0..<30 {
                    let (writer, reader) = (nodes[round % 2], nodes[(round + 1) % 2])
                    _ = try await writer.loginAndLogout()
                    let here = try document(
                        try await writer.http.get("/revocations?after=\(list.sequence)&epoch=\(list.epoch)"))
                    #expect(here.sequence == list.sequence + 1 && here.entries.count == 1)
                    // At once, whether or not the other node has heard of it.
                    let there = try document(
                        try await reader.http.get("/revocations?after=\(here.sequence)&epoch=\(here.epoch)"))
                    #expect(there.after == here.sequence && there.sequence == here.sequence && there.entries.isEmpty)
                    #expect(there.epoch == list.epoch)
                    list = there
                }
                // An epoch that is really another one gets everything.
                let other = try document(try await nodes[1].http.get("/revocations?after=7&epoch=another"))
                #expect(other.after == 0 && other.entries.count == 30)
                // No database has what this poller says that it has.
                let ahead = try await nodes[1].http.get("/revocations?after=1000&epoch=\(list.epoch)")
                #expect(ahead.status == 503 && ahead[field: "Retry-After"] == "1")
            }
        }

        @Test func `the tag of one node says nothing at the other`() async throws {
            try await withNodes(2) { nodes in
                try await nodes[0].addUser()
                try await nodes[0].addClient()
                _ = try await nodes[0].loginAndLogout()
                try await eventually("both know") { try await nodes[1].list().sequence == 1 }
                let tag = try #require(try await nodes[0].http.get("/revocations")[field: "ETag"])
                #expect(tag.hasPrefix("W/"))
                #expect(try await nodes[0].http.get("/revocations", headers: [("If-None-Match", tag)]).status == 304)
                #expect(try await nodes[1].http.get("/revocations", headers: [("If-None-Match", tag)]).status == 200)
            }
        }

        @Test func `a node that is cut off says so, goes on from memory, and guesses nothing`() async throws {
            let database = try await PostgresCluster.running().makeDatabase()
            let relay = try SocketRelay(database)
            defer { relay.close() }
            try await withNodes(
                2, database: database, only: [1: ["postgres.url": relay.database]], expectFaults: true
            ) { nodes in
                defer { relay.release() }
                let (first, second) = (nodes[0], nodes[1])
                try await first.addUser()
                try await first.addClient()
                let secret = try await first.addConfidentialClient()
                let service = try await second.serviceToken(secret: secret)
                _ = try await first.loginAndLogout()
                try await eventually("both know") { try await second.list().sequence == 1 }
                let before = try await second.list()
                #expect(try await second.http.get("/readyz").status == 200)

                relay.hold()
                _ = try await first.loginAndLogout()
                let ahead = "/revocations?after=2&epoch=\(before.epoch)"
                for path in [ahead, ahead + "&wait=30", "/revocations.jwt?after=2&epoch=\(before.epoch)"] {
                    let answer = try await second.http.get(path)
                    #expect(answer.status == 503 && answer[field: "Retry-After"] == "1", "\(path) \(answer.text)")
                    #expect(answer["code"] == "temporarily_unavailable")
                }
                let columns = [("Accept", "application/vnd.latchkey.revocations-columns+json")]
                #expect(try await second.http.get(ahead, headers: columns).status == 503)
                #expect(try await second.http.send("HEAD", ahead).status == 503)
                #expect(try await second.http.get("/revocations?after=2&epoch=another").status == 503)

                try await eventually("it is known to be cut off") { second.services.health.sharing != .followed }
                let unready = try await second.http.get("/readyz")
                #expect(unready.status == 503)
                let failed = unready.json.object?["checks"]?.array?.compactMap(\.object)
                    .filter { $0["ok"]?.bool == false }
                #expect(failed?.contains { $0["name"]?.string == "database_followed" } == true)
                #expect(failed?.contains { $0["detail"]?.string?.contains("database") == true } == true)

                let basic = [("Authorization", "Basic " + Data("service:\(secret)".utf8).base64EncodedString())]
                func introspect() async throws -> TestResponse {
                    try await second.http.post("/oauth2/introspect", form: [("token", service)], headers: basic)
                }
                try await eventually("it judges no token") { try await introspect().status == 503 }
                #expect(try await introspect()[field: "Retry-After"] != nil)
                let bearer = [("Authorization", "Bearer \(service)")]
                #expect(try await second.http.get("/api/v1/me", headers: bearer).status == 503)
                #expect(try await second.http.get("/forward-auth?client_id=service", headers: bearer).status == 503)

                #expect(try await second.http.get("/healthz").status == 200)
                #expect(try await second.http.get("/.well-known/jwks.json").status == 200)
                // The list of then, with the time of then: a verifier finds it old.
                let meanwhile = try await second.list()
                #expect(meanwhile.sequence == 1)
                #expect(try await first.list().now - meanwhile.now >= .seconds(4))
                let known = try await second.http.get("/revocations?after=1&epoch=\(before.epoch)")
                #expect(try document(known).entries.isEmpty)

                relay.release()
                try await eventually("it knows again") { try await second.http.get(ahead).status == 200 }
                try await eventually("it is ready again") { try await second.http.get("/readyz").status == 200 }
                try await eventually("it judges again") { try await introspect().status == 200 }
            }
        }
    }
#endif
