import Foundation
import LatchkeyTokens
import TestSupport
import Testing

struct OperationsEndpointTests {
    @Test func `a live and able server says so, and each check by name`() async throws {
        try await withServer { server in
            #expect(try await server.http.get("/healthz").status == 200)
            let ready = try await server.http.get("/readyz")
            #expect(ready.status == 200)
            let checks = ready.json.object?["checks"]?.array?.compactMap { $0.object?["name"]?.string }
            let shared = TestStore.isPostgres ? ["database_followed"] : []
            #expect(checks == ["store_writable", "signing_key_active", "clock_not_set_back"] + shared)
        }
    }

    @Test func `a clock set back makes the server unready, and says which check failed`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            try await server.addUser()
            try await server.addClient()
            _ = try await server.login()
            clock.advance(by: .seconds(-3600))
            let response = try await server.http.get("/readyz")
            #expect(response.status == 503)
            #expect(response[field: "Retry-After"] == "1")
            let failed = response.json.object?["checks"]?.array?.compactMap(\.object).filter { $0["ok"]?.bool == false }
            #expect(failed?.compactMap { $0["name"]?.string } == ["clock_not_set_back"])
            clock.advance(by: .seconds(3601))
            #expect(try await server.http.get("/readyz").status == 200)
        }
    }

    @Test func `metrics are Prometheus text with gauges of the moment`() async throws {
        try await withServer { server in
            try await server.addUser()
            _ = try await server.http.get("/revocations?consumer=a%22b")
            let response = try await server.http.get("/metrics")
            #expect(response.status == 200)
            #expect(response[field: "Content-Type"]?.hasPrefix("text/plain; version=0.0.4") == true)
            let lines = response.text.split(separator: "\n")
            #expect(lines.contains("latchkey_users 1"))
            #expect(lines.contains("latchkey_store_readable 1"))
            #expect(lines.contains("latchkey_revocation_consumers 1"))
            #expect(lines.contains("latchkey_consumer_lag_seconds 0"))
            #expect(!response.text.contains(#"a\"b"#), "a name that anybody may invent is a label")
            let types = lines.filter { $0.hasPrefix("# TYPE ") }
            #expect(Set(types).count == types.count, "a metric is there twice")
        }
    }

    @Test func `polling clients are shown by name where only clients may poll`() async throws {
        try await withServer(["revocations.access": "clients"]) { server in
            let secret = try await server.addConfidentialClient()
            let basic = "Basic " + Data("service:\(secret)".utf8).base64EncodedString()
            let list = try await server.http.get("/revocations", headers: [("Authorization", basic)])
            #expect(list.status == 200)
            let lines = try await server.http.get("/metrics").text.split(separator: "\n")
            #expect(lines.contains(#"latchkey_consumer_lag_seconds{consumer="service"} 0"#))
        }
    }
}
