import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Sign-ins with an e-mail address instead of the name.
struct EmailSignInTests {
    private static let on = ["users.email_sign_in": "true"]

    private func setEmail(_ server: TestServer, _ name: String, _ email: String) async throws {
        var profile = ProfileDraft()
        profile.email = .set(email)
        try await server.services.users.update(name, UserChange(), profile: profile, actor: .operator)
    }

    @Test func `an address signs in its owner, however it is written, and only where the setting is on`() async throws {
        for configuration in [Self.on, [:]] {
            try await withServer(configuration) { server in
                try await server.addUser("ada")
                try await server.addUser("eve")
                try await server.addClient()
                try await setEmail(server, "ada", "jörg@Example.com")
                let sub = try await server.services.users.find("ada").id.description
                for text in ["jörg@example.com", "JO\u{308}RG@EXAMPLE.COM", "jo\u{308}rg@Example.com"] {
                    let answer = try await server.login(text)
                    #expect(answer.status == (configuration.isEmpty ? 401 : 200), "\(text): \(answer.text)")
                    guard !configuration.isEmpty else { continue }
                    let token = try UnverifiedToken(parsing: try #require(answer["access_token"]))
                    #expect(try token.unverifiedClaims().subject == sub)
                }
                #expect(try await server.login("ada").status == 200)
                for text in [
                    "jorg@example.com", "jörg@example.org", "jörg", "@", "jörg@example.com@", "eve@example.com",
                ] {
                    #expect(try await server.login(text).status == 401, "\(text)")
                }
                #expect(try await server.login("jörg@example.com", password: "wrong and long enough").status == 401)
            }
        }
    }

    @Test func `an address that two users have, and one that is somebody's name, signs in no owner`() async throws {
        let folder = try TemporaryFolder()
        try await withServer(folder: folder) { server in
            for name in ["ada", "eve", "bob@example.com"] { try await server.addUser(name) }
            try await server.addClient()
            try await setEmail(server, "ada", "shared@example.com")
            try await setEmail(server, "eve", "Shared@example.com")
        }
        try await withServer(Self.on, folder: folder) { server in
            #expect(try await server.login("shared@example.com").status == 401)
            #expect(try await server.login("ada").status == 200)
            // Made equal while the setting was off.
            _ = try await server.services.store.updateUser(
                try await server.services.users.find("ada").id,
                UserChange(profile: ProfileChange(email: .set(try EmailAddress("bob@example.com")))), actor: .operator)
            let answer = try await server.login("bob@example.com")
            let token = try UnverifiedToken(parsing: try #require(answer["access_token"]))
            let bob = try await server.services.users.find("bob@example.com").id.description
            #expect(try token.unverifiedClaims().subject == bob)
            #expect(try await server.login("shared@example.com").status == 200, "one user has it now")
        }
    }

    @Test func `an address opens no second set of attempts`() async throws {
        let configuration = Self.on.merging(["login.throttle.account_failures": "3"]) { $1 }
        try await withServer(configuration) { server in
            try await server.addUser("ada")
            try await server.addClient()
            try await setEmail(server, "ada", "ada@example.com")
            let wrong = "wrong and long enough"
            for text in ["ada", "ada@example.com", "ADA@example.com"] {
                #expect(try await server.login(text, password: wrong).status == 401, "\(text)")
            }
            for text in ["ada", "ada@example.com"] {
                #expect(try await server.login(text, password: wrong).status == 429, "\(text)")
            }
        }
    }

    @Test func `a name or an address of somebody else is a conflict, at each door`() async throws {
        try await withServer(Self.on) { server in
            try await server.addUser("ada")
            try await server.addUser("eve@example.com")
            try await setEmail(server, "ada", "ada@example.com")
            let password = TestServer.password
            func call(_ method: String, _ path: String, _ body: String) async throws -> TestResponse {
                try await server.overSocket.send(method, "/api/v1/admin/users" + path, body: body)
            }
            let answers = [
                try await call("POST", "", #"{"name":"ADA@example.com","password":"\#(password)"}"#),
                try await call("POST", "", #"{"name":"x","password":"\#(password)","email":"Ada@example.com"}"#),
                try await call("POST", "", #"{"name":"x","password":"\#(password)","email":"eve@example.com"}"#),
                try await call("PATCH", "/ada", #"{"email":"eve@example.com"}"#),
                try await call("PATCH", "/eve@example.com", #"{"name":"ada@example.com"}"#),
                try await call("PATCH", "/eve@example.com", #"{"email":"ADA@example.com"}"#),
            ]
            for answer in answers {
                #expect(answer.status == 409, "\(answer.text)")
                #expect(answer["code"] == "conflict")
            }
            #expect(try await server.services.users.page().items.count == 2)
            let hash = "$2b$04$abcdefghijklmnopqrstuuKVY0TnTgGnNvLrTJCXQ1WtAYiIqGJhq"
            let lines = ["ada@example.com", "eve@example.com", "new@example.com", "NEW@example.com"].enumerated().map {
                #"{"name":"import\#($0)","password_hash":"\#(hash)","email":"\#($1)"}"#
            }
            for dry in ["true", "false"] {
                let answer = try await call(
                    "POST", "/import", #"{"lines":[\#(lines.joined(separator: ","))],"dry_run":\#(dry)}"#)
                let outcomes = answer.json.object?["results"]?.array?.map { $0.object?["outcome"]?.string }
                #expect(outcomes == ["refused", "refused", "imported", "refused"], "\(answer.text)")
            }
        }
    }
}
