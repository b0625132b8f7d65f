import Foundation
import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestConditions
import TestSupport
import Testing

/// Services that poll the list no more: told apart from those that lag, and forgotten on demand.
struct ConsumerTests {
    private func names(_ answer: TestResponse, _ member: String) -> [String] {
        (answer.json.object?[member]?.array ?? []).compactMap { $0.object?["name"]?.string }
    }

    private func states(_ server: TestServer) async throws -> [String: String] {
        let items = try await server.overSocket.get("/api/v1/admin/consumers").json.object?["items"]?.array ?? []
        return Dictionary(
            items.compactMap(\.object).map { ($0["name"]?.string ?? "", $0["state"]?.string ?? "") },
            uniquingKeysWith: { first, _ in first })
    }

    @Test func `a consumer that no longer polls neither lags nor keeps a revocation pending`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            let list = try await server.list()
            func poll(_ name: String) async throws {
                _ = try await server.http.get("/revocations?consumer=\(name)&after=0&epoch=\(list.epoch)")
            }
            try await poll("orders")
            try await poll("billing")
            let bearer = try #require(try await server.login()["access_token"])
            #expect(try await server.http.authorised("POST", "/api/v1/logout", bearer: bearer).status == 204)
            #expect(try await states(server) == ["orders": "lagging", "billing": "lagging"])
            clock.advance(by: .seconds(121))
            try await poll("billing")
            #expect(try await states(server) == ["orders": "gone", "billing": "lagging"])
            let spread = try await server.overSocket.get("/api/v1/admin/revocations/1")
            #expect(names(spread, "pending") == ["billing"] && names(spread, "gone") == ["orders"])
            // One that has paused once may do so again, and is waited for longer.
            clock.advance(by: .seconds(3 * 121))
            #expect(try await states(server) == ["orders": "gone", "billing": "lagging"])
            clock.advance(by: .seconds(1))
            let metrics = try await server.http.get("/metrics").text.split(separator: "\n")
            #expect(metrics.contains("latchkey_revocation_consumers 0"))
            #expect(metrics.contains("latchkey_revocation_consumers_gone 2"))
            #expect(metrics.contains("latchkey_consumer_lag_entries 0"))
            #expect(metrics.contains("latchkey_consumer_lag_seconds 0"))
        }
    }

    @Test func `a name of a client that polls no more has no lag at all`() async throws {
        let clock = TestClock()
        try await withServer(["revocations.access": "clients"], clock: clock) { server in
            let secret = try await server.addConfidentialClient()
            let basic = "Basic " + Data("service:\(secret)".utf8).base64EncodedString()
            _ = try await server.http.get("/revocations", headers: [("Authorization", basic)])
            clock.advance(by: .seconds(121))
            #expect(try await server.http.get("/metrics").text.contains(#"consumer="service""#) == false)
            #expect(try await states(server) == ["service": "gone"])
        }
    }

    @Test(arguments: ["orders", "..", ".", "a/b", "a?b&c=d", "%2F", "\"", "#", "+", "forget", "name="])
    func `any name can be forgotten, and comes back with its next poll`(name: String) async throws {
        try await withServer { server in
            let query = PercentEncoding.encode(name)
            #expect(try await server.http.get("/revocations?consumer=\(query)").status == 200)
            #expect(try await server.http.get("/revocations?consumer=other").status == 200)
            let forgotten = try await server.overSocket.send("DELETE", "/api/v1/admin/consumers?name=\(query)")
            #expect(forgotten.status == 204, "\(forgotten.text)")
            #expect(try await states(server) == ["other": "current"])
            let again = try await server.overSocket.send("DELETE", "/api/v1/admin/consumers?name=\(query)")
            #expect(again.status == 404)
            _ = try await server.http.get("/revocations?consumer=\(query)")
            #expect(try await states(server).count == 2)
        }
    }

    @Test(arguments: [
        "", "?name=", "?nam=orders", "?name=orders&adress=192.0.2.1", "?name=orders&address=",
        "?name=orders&name=other",
    ])
    func `a query that could mean more than was meant forgets nothing`(query: String) async throws {
        try await withServer { server in
            _ = try await server.http.get("/revocations?consumer=orders")
            #expect(try await server.overSocket.send("DELETE", "/api/v1/admin/consumers" + query).status == 400)
            let elsewhere = "/api/v1/admin/consumers?name=orders&address=192.0.2.1"
            #expect(try await server.overSocket.send("DELETE", elsewhere).status == 404)
            #expect(try await states(server) == ["orders": "current"])
            #expect(try await server.http.send("DELETE", "/api/v1/admin/consumers?name=orders").status == 401)
        }
    }

    @Test func `a consumer that leaves is forgotten, and its own last answer does not bring it back`() async throws {
        try await withServer { server in
            let list = try await server.list()
            let path = "/revocations?consumer=orders&after=0&epoch=\(list.epoch)&wait=60"
            async let held = server.http.send("GET", path, timeout: .seconds(300))
            try await eventually("a poll is held") { server.services.feed.waiting > 0 }
            let left = try await server.http.get("/revocations?consumer=orders&leave=true")
            #expect(left.status == 204 && left.body.isEmpty)
            #expect(left[field: "Cache-Control"] == "no-store")
            #expect(try await server.revoke("all").status == 201)
            #expect(try await held.status == 200)
            #expect(try await states(server).isEmpty)
        }
    }

    @Test(arguments: [
        "leave=true", "consumer=a&leave=1", "consumer=a&leave=false", "consumer=a&leave=true&wait=5",
        "consumer=a&leave=true&after=0", "consumer=a&leave=true&epoch=x",
    ])
    func `a farewell that is something else as well is refused`(query: String) async throws {
        try await withServer { server in
            _ = try await server.http.get("/revocations?consumer=a")
            #expect(try await server.http.get("/revocations?\(query)").status == 400)
            #expect(try await states(server) == ["a": "current"])
        }
    }

    @Test func `the command line shows who is gone and forgets by any name`() async throws {
        let fixture = try CommandLineFixture()
        let server = try await ServerProcess(folder: fixture.folder, port: try ServerProcess.freePort())
        defer { server.killHard() }
        for name in ["orders", "a%2F%2E%2E%3F"] { _ = try await server.http.get("/revocations?consumer=\(name)") }
        let list = try await fixture.run("consumers")
        #expect(list.code == 0 && list.output.contains("STATE") && list.output.contains("orders"), "\(list.error)")
        let forget = try await fixture.run("consumers", "forget", "a/..?")
        #expect(forget.code == 0, "\(forget.error)")
        let left = try await fixture.run("consumers", "list", "--format", "json")
        let items = try StrictJSON.parse(Array(left.output.utf8)).array?.compactMap { $0.object?["name"]?.string }
        #expect(items == ["orders"])
        let again = try await fixture.run("consumers", "forget", "a/..?")
        #expect(again.code == 1 && again.error.contains("There is no such consumer."))
    }
}
