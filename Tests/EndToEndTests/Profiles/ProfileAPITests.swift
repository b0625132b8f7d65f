import InMemoryLogging
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Profiles in the admin API.
struct ProfileAPITests {
    private func call(
        _ server: TestServer, _ method: String, _ path: String, _ body: String? = nil
    ) async throws -> TestResponse {
        try await server.overSocket.send(method, "/api/v1/admin/users" + path, body: body)
    }

    private static let full =
        #""email":"Ada@example.com","email_verified":true,"display_name":"Ada","locale":"en-GB","zoneinfo":"UTC","claims":{"a":[1,2.5,true,"x",{"b":{}}],"given_name":"Ada"}"#

    @Test func `a user is made with a profile, which is shown, changed in part and removed`() async throws {
        try await withServer { server in
            let made = try await call(
                server, "POST", "", #"{"name":"ada","password":"\#(TestServer.password)",\#(Self.full)}"#)
            #expect(made.status == 201, "\(made.text)")
            try await server.addUser("plain")
            let shown = try await call(server, "GET", "/ada")
            #expect(shown.json == made.json)
            #expect(shown["email"] == "Ada@example.com")
            #expect(shown.json.object?["email_verified"]?.bool == true)
            let claims = try StrictJSON.parse(Array(#"{"a":[1,2.5,true,"x",{"b":{}}],"given_name":"Ada"}"#.utf8))
            #expect(shown.json.object?["claims"] == claims)
            let listed = try await call(server, "GET", "").json.object?["items"]?.array
            #expect(listed?.compactMap { $0.object?["email"]?.string } == ["Ada@example.com"])
            #expect(try await call(server, "GET", "?name=ADA").text.contains("Ada@example.com"))

            let moved = try await call(server, "PATCH", "/ada", #"{"email":"eve@example.com","locale":null}"#)
            #expect(moved["email"] == "eve@example.com" && moved["locale"] == nil && moved["zoneinfo"] == "UTC")
            #expect(moved.json.object?["email_verified"]?.bool == false)
            let removed = try await call(server, "PATCH", "/ada", #"{"email":null,"claims":null}"#)
            #expect(removed["email"] == nil && removed.json.object?["email_verified"] == nil)
            #expect(removed.json.object?["claims"] == nil && removed["display_name"] == "Ada")
            let disabled = try await call(server, "POST", "/ada/disable")
            #expect(disabled["display_name"] == "Ada")
        }
    }

    @Test func `the audit trail names what changed and shows no value`() async throws {
        try await withServer { server in
            try await server.addUser()
            _ = try await call(server, "PATCH", "/ada", "{\(Self.full),\"roles\":[\"x\"]}")
            let audit = try await server.overSocket.send("GET", "/api/v1/admin/audit?kind=user.updated").text
            #expect(audit.contains("roles email email_verified display_name locale zoneinfo claims"))
            for value in ["example.com", "en-GB", "given_name"] {
                #expect(!audit.contains(value))
                #expect(!server.logs.entries.contains { "\($0.message) \($0.metadata)".contains(value) })
            }
        }
    }

    @Test(arguments: [
        #"{"email":"ada"}"#, #"{"email":"a@b","email":"c@d"}"#, #"{"email":1}"#, #"{"email":["a@b"]}"#,
        #"{"email_verified":"true"}"#, #"{"email_verified":true}"#, #"{"email":null,"email_verified":true}"#,
        #"{"display_name":""}"#, #"{"display_name":"a\u0007"}"#, #"{"display_name":"a\nb"}"#, #"{"locale":"en_GB"}"#,
        #"{"zoneinfo":"../../etc/passwd"}"#, #"{"claims":[]}"#, #"{"claims":"{}"}"#, #"{"claims":{"sub":"x"}}"#,
        #"{"claims":{"email":"x@y"}}"#, #"{"claims":{"roles":["admin"]}}"#, #"{"claims":{"a":1,"a":2}}"#,
        #"{"claims":{"é":1}}"#, #"{"claims":{"é":1,"e\u0301":2}}"#, #"{"claims":{"a":{"b":{"c":{"d":{}}}}}}"#,
        #"{"claims":{"picture":"javascript:alert(1)"}}"#, #"{"e_mail":"a@b"}"#, #"{"email_verified_at":1}"#,
        #"{"updated_at":1}"#, #"{"claims":{"a":1e999}}"#,
        #"{"locale":"en","claims":{"x":"\#(String(repeating: "x", count: 9000))"}}"#,
        #"{"locale":"en","email":"\#(String(repeating: "x", count: 60_000))@y"}"#,
    ])
    func `a bad profile is refused and changes nothing`(body: String) async throws {
        try await withServer { server in
            try await server.addUser()
            let answer = try await call(server, "PATCH", "/ada", body)
            #expect(answer.status == 400, "\(answer.text)")
            #expect(answer["code"] == "invalid_request")
            #expect(try await server.services.users.profile(of: server.services.users.find("ada")) == nil)
            let rest = body.dropFirst().dropLast()
            let made = try await call(
                server, "POST", "", #"{"name":"eve","password":"\#(TestServer.password)",\#(rest)}"#)
            // Null counts as absent where there is no value that it could remove.
            #expect(made.status == 400, "\(made.text)")
            let line =
                #"{"name":"eve","password_hash":"$2b$04$abcdefghijklmnopqrstuuKVY0TnTgGnNvLrTJCXQ1WtAYiIqGJhq",\#(rest)}"#
            let imported = try await call(server, "POST", "/import", #"{"lines":[\#(line)]}"#)
            #expect(imported.status == 400 || imported.text.contains("refused"), "\(imported.text)")
            #expect(try await server.services.users.page().items.count == 1)
        }
    }
}
