import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing
import latchkey

/// `/api/v1/login`: what is refused, and in which order.
struct LoginTests {
    @Test func `an unknown user and a wrong password get the same answer`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let wrong = try await server.login(password: "not-the-right-one-at-all")
            let unknown = try await server.login("nobody", password: "not-the-right-one-at-all")
            for response in [wrong, unknown] {
                #expect(response.status == 401)
                #expect(response["code"] == "invalid_credentials")
                #expect(response[field: "Content-Type"] == "application/problem+json")
            }
            #expect(wrong.body == unknown.body)
            let varying: Set = ["x-request-id", "date"]
            let names = { (response: TestResponse) in
                response.fields.map { $0.name.lowercased() }.filter { !varying.contains($0) }
            }
            #expect(names(wrong) == names(unknown))
        }
    }

    @Test func `a client that is not first-party is told so before the password counts`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient("third", firstParty: false)
            for password in [TestServer.password, "wrong-password-entirely"] {
                let response = try await server.login(password: password, client: "third")
                #expect(response.status == 400)
                #expect(response["code"] == "unauthorized_client")
            }
        }
    }

    @Test func `a confidential client has to prove itself`() async throws {
        try await withServer { server in
            try await server.addUser()
            let secret = try await server.addConfidentialClient("backend", firstParty: true)
            let without = try await server.login(client: "backend")
            #expect(without.status == 401)
            #expect(without["code"] == "invalid_client")
            let with = try await server.http.post(
                "/api/v1/login",
                json: [
                    "username": "ada", "password": .string(TestServer.password), "client_id": "backend",
                    "client_secret": .string(secret),
                ])
            #expect(with.status == 200)
            #expect(with["refresh_token"]?.hasPrefix("lkr_") == true)
        }
    }

    @Test(
        arguments: [
            (["client_id": "spa", "password": "x"], 400, "invalid_request"),
            (["client_id": "spa", "username": "ada"], 400, "invalid_request"),
            (["client_id": "spa", "username": 7, "password": "x"], 400, "invalid_request"),
            (["username": "ada", "password": "x"], 401, "invalid_client"),
            (["client_id": "nobody", "username": "ada", "password": "x"], 401, "invalid_client"),
            (["client_id": "spa", "username": "ada", "password": "x", "transport": "pigeon"], 400, "invalid_request"),
            (["client_id": "spa", "username": "ada", "password": "x", "scope": "latchkey:root"], 400, "invalid_scope"),
            (
                ["client_id": "spa", "username": "ada", "password": "x", "device_name": "a\u{7}b"], 400,
                "invalid_request"
            ),
            (
                ["client_id": "spa", "username": "ada", "password": "x", "transport": "cookie"], 400,
                "unauthorized_client"
            ),
        ] as [([String: JSONValue], Int, String)])
    func `a login that is no login changes nothing`(
        body: [String: JSONValue], status: Int, code: String
    ) async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let response = try await server.http.post("/api/v1/login", json: body)
            #expect(response.status == status)
            #expect(response["code"] == code)
            #expect(try await server.services.store.statistics().sessions == 0)
        }
    }

    @Test func `names are bounded`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            func login(user: String = "ada", device: String) async throws -> Int {
                try await server.http.post(
                    "/api/v1/login",
                    json: [
                        "username": .string(user), "password": .string(TestServer.password), "client_id": "spa",
                        "device_name": .string(device),
                    ]
                ).status
            }
            #expect(try await login(device: String(repeating: "é", count: 64)) == 200)
            #expect(try await login(device: String(repeating: "é", count: 65)) == 400)
            #expect(try await login(user: String(repeating: "u", count: 1024), device: "") == 401)
            #expect(try await login(user: String(repeating: "u", count: 1025), device: "") == 400)
        }
    }

    @Test func `a password that must be changed is changed in the same request`() async throws {
        try await withServer { server in
            try await server.addUser(mustChange: true)
            try await server.addClient()
            let first = try await server.login()
            #expect(first.status == 403)
            #expect(first["code"] == "password_change_required")
            let new = "brave-herons-count-stars"
            let second = try await server.http.post(
                "/api/v1/login",
                json: [
                    "username": "ada", "password": .string(TestServer.password), "client_id": "spa",
                    "new_password": .string(new),
                ])
            #expect(second.status == 200)
            #expect(try await server.login().status == 401)
            #expect(try await server.login(password: new).status == 200)
        }
    }
}
