import LatchkeyTokens
import TestSupport
import Testing

/// `GET /api/v1/admin/revocations/{seq}`: which known consumers have a revocation.
struct RevocationSpreadTests {
    private func names(_ answer: TestResponse, _ member: String) -> [String] {
        (answer.json.object?[member]?.array ?? []).compactMap { $0.object?["name"]?.string }
    }

    @Test func `a consumer is pending until it has asked for what comes after the entry`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let list = try await server.list()
            for name in ["orders", "billing"] {
                _ = try await server.http.get(
                    "/revocations?consumer=\(name)&after=\(list.sequence)&epoch=\(list.epoch)")
            }
            let bearer = try #require(try await server.login()["access_token"])
            #expect(try await server.http.authorised("POST", "/api/v1/logout", bearer: bearer).status == 204)
            let path = "/api/v1/admin/revocations/1"
            let before = try await server.overSocket.get(path)
            #expect(before.json.object?["revocation"]?.object?["kind"]?.string == "session")
            #expect(names(before, "pending") == ["billing", "orders"] && names(before, "acknowledged").isEmpty)
            #expect(before.json.object?["names_are_authenticated"]?.bool == false)

            _ = try await server.http.get("/revocations?consumer=orders&after=1&epoch=\(list.epoch)")
            let after = try await server.overSocket.get(path)
            #expect(names(after, "acknowledged") == ["orders"] && names(after, "pending") == ["billing"])
        }
    }

    @Test(arguments: ["0", "2", "-1", "x", "99999999999999999999", "1.0", "1a"])
    func `anything but a live entry is 404`(sequence: String) async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let bearer = try #require(try await server.login()["access_token"])
            #expect(try await server.http.authorised("POST", "/api/v1/logout", bearer: bearer).status == 204)
            #expect(try await server.overSocket.get("/api/v1/admin/revocations/\(sequence)").status == 404)
        }
    }

    @Test func `strangers are not told`() async throws {
        try await withServer { server in
            let answer = try await server.http.get("/api/v1/admin/revocations/1")
            #expect(answer.status == 401)
        }
    }
}
