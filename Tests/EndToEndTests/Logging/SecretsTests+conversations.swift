import Crypto
import Foundation
import LatchkeyBytes
import LatchkeyTokens
import TestSupport
import Testing

/// The conversations in which secrets are used, rightly and wrongly.
extension SecretsTests {
    func command(
        _ arguments: [String], _ program: CommandLineFixture, input: String = "", into planted: inout PlantedSecrets
    ) async throws -> String {
        let run = try await run(arguments, program, input: input)
        #expect(run.code == 0, "\(arguments): \(run.error)")
        planted.commandErrors += run.error
        return run.output
    }

    private func run(_ arguments: [String], _ program: CommandLineFixture, input: String) async throws -> CommandRun {
        try await program.run(
            arguments + ["--data-dir", program.folder.path], input: input,
            environment: ["LATCHKEY_LOG_LEVEL": "debug", "LATCHKEY_ISSUER": "http://localhost:8080"])
    }

    func login(
        _ http: TestHTTP, _ password: String, _ more: [String: JSONValue] = [:], headers: [(String, String)] = []
    ) async throws -> TestResponse {
        let body: [String: JSONValue] = ["username": "ada", "password": .string(password), "client_id": "spa"]
        return try await http.post("/api/v1/login", json: body.merging(more) { $1 }, headers: headers)
    }

    /// A server session, both ways in, and what a proxy hands to an upstream.
    private func useServerSession(
        _ http: TestHTTP, password: String, _ browser: [(String, String)], _ planted: inout PlantedSecrets
    ) async throws {
        let direct = try await login(http, password, ["transport": "session"], headers: browser)
        let pair = try #require(PlantedSecrets.cookie(direct))
        planted.traces += SecretTraces.sessionToken("session token", pair.value)
        let judged = try await http.get("/forward-auth?client_id=spa&token=1", headers: [("Cookie", pair.pair)])
        let minted = try #require(judged[field: "X-Latchkey-Token"], "\(judged.status)")
        planted.traces += SecretTraces.accessToken("minted token", minted)
        #expect(try await http.get("/api/v1/session", headers: [("Cookie", pair.pair + "x")]).status == 401)

        let still = TestHTTP(base: http.base, client: .withoutRedirects)
        let start = try await still.get("/start?client_id=spa&return_to=%2F")
        let ticket = try #require(PlantedSecrets.cookie(start))
        let state = try #require(start.redirected("state"))
        // Of state and code the database holds the digest, which is how it knows them again.
        planted.traces += [
            SecretTraces("start ticket", ticket.value), SecretTraces("state", Array(state.utf8), withHashes: false),
        ]
        let redirect: [String: JSONValue] = [
            "transport": "session", "redirect_uri": .string(PlantedSecrets.origin + "/latchkey/callback"),
            "state": .string(state),
        ]
        let code = try #require(try await login(http, password, redirect, headers: browser).redirected("code"))
        planted.traces += [SecretTraces("login code", Array(code.utf8), withHashes: false)]
        for status in [303, 400] {
            let response = try await still.get(
                "/callback?code=\(code)&state=\(state)", headers: [("Cookie", ticket.pair)])
            #expect(response.status == status)
            guard let cookie = response.cookie("latchkey_dev_session") else { continue }
            planted.traces += SecretTraces.sessionToken(
                "session token over the callback", String(cookie.split(separator: "=")[1]))
        }
    }

    func useSessions(_ http: TestHTTP, password: String, _ planted: inout PlantedSecrets) async throws {
        let wrong = planted.plant("wrong password")
        #expect(try await login(http, wrong).status == 401)
        let asName = planted.plant("password typed as a name")
        #expect(try await login(http, "x", ["username": .string(asName)]).status == 401)
        let first = try await login(http, password)
        #expect(first.status == 200)
        planted.note(first, "login")
        var token = try #require(first["refresh_token"])
        for round in 0..<3 {
            let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "spa")]
            let next = try await http.post("/oauth2/token", form: form)
            #expect(next.status == 200)
            planted.note(next, "refresh \(round)")
            token = try #require(next["refresh_token"])
        }
        // A replay, a forgery, and the token under another client's name.
        let old = try #require(first["refresh_token"])
        for (presented, client) in [
            (token, "service"), (old, "spa"), (String(token.dropLast()) + "A", "spa"), (token, "spa"),
        ] {
            let form = [("grant_type", "refresh_token"), ("refresh_token", presented), ("client_id", client)]
            #expect(try await http.post("/oauth2/token", form: form).status >= 400)
        }
        let browser = [("Origin", PlantedSecrets.origin), ("X-Latchkey-CSRF", "1")]
        try await useServerSession(http, password: password, browser, &planted)
        let cookie = try await login(http, password, ["transport": "cookie"], headers: browser)
        #expect(cookie.status == 200)
        planted.note(cookie, "cookie login")
        let pair = try #require(PlantedSecrets.cookie(cookie)?.pair)
        for (path, fields) in [
            ("/api/v1/refresh", browser), ("/api/v1/refresh", []), ("/api/v1/logout", browser),
            ("/api/v1/refresh", browser),
        ] {
            let response = try await http.post(path, json: ["client_id": "spa"], headers: fields + [("Cookie", pair)])
            planted.note(response, "by cookie")
        }
    }

    func useClientSecrets(_ http: TestHTTP, _ program: CommandLineFixture, _ planted: inout PlantedSecrets)
        async throws
    {
        let given = planted.plant("client secret")
        _ = try await command(
            [
                "client", "add", "service", "--confidential", "--grant", "client_credentials", "--scope", "orders",
                "--secret-stdin",
            ],
            program, input: given + "\n", into: &planted)
        let output = try await command(
            ["client", "rotate-secret", "service", "--format", "json"], program, into: &planted)
        let rotated = try #require(try StrictJSON.parse(Array(output.utf8)).object?["client_secret"]?.string)
        planted.traces.append(SecretTraces("rotated client secret", rotated))
        let wrong = planted.plant("wrong client secret")
        for (secret, status) in [(given, 200), (rotated, 200), (wrong, 401)] {
            let form = [("grant_type", "client_credentials")]
            let basic = "Basic " + Data("service:\(secret)".utf8).base64EncodedString()
            planted.traces.append(SecretTraces("Basic credentials", basic))
            let header = try await http.post("/oauth2/token", form: form, headers: [("Authorization", basic)])
            #expect(header.status == status)
            planted.note(header, "client")
            let body = [("client_id", "service"), ("client_secret", secret)]
            #expect(try await http.post("/oauth2/token", form: form + body).status == status)
            let json: [String: JSONValue] = [
                "client_id": "service", "client_secret": .string(secret), "refresh_token": "x",
            ]
            #expect(try await http.post("/api/v1/refresh", json: json).status >= 400)
            let token = planted.plant("token at introspection")
            #expect(try await http.post("/oauth2/introspect", form: body + [("token", token)]).status == status)
            #expect(try await http.post("/oauth2/revoke", form: body + [("token", token)]).status == status)
        }
    }

    func importKey(_ http: TestHTTP, _ program: CommandLineFixture, _ planted: inout PlantedSecrets) async throws {
        let key = P256.Signing.PrivateKey()
        let pem = key.pemRepresentation
        planted.traces.append(SecretTraces("imported key", Array(key.rawRepresentation)))
        planted.traces.append(SecretTraces("imported key, DER", Array(key.derRepresentation)))
        for line in pem.split(separator: "\n") where !line.hasPrefix("-----") {
            planted.traces.append(SecretTraces("a line of the PEM", Array(line.utf8), withHashes: false))
        }
        planted.traces.append(SecretTraces("a PEM", Array("PRIVATE KEY".utf8), withHashes: false))
        _ = try await command(["keys", "import", "-"], program, input: pem, into: &planted)
        let broken = planted.plant("broken PEM")
        let text = "-----BEGIN PRIVATE KEY-----\n\(broken)\n-----END PRIVATE KEY-----\n"
        let refused = try await run(["keys", "import", "-"], program, input: text)
        #expect(refused.code == 1)
        planted.commandErrors += refused.error + refused.output
    }

    /// Returns the last password.
    func changePasswords(
        _ http: TestHTTP, _ program: CommandLineFixture, _ password: String, _ planted: inout PlantedSecrets
    ) async throws -> String {
        let account = try await login(http, password, ["scope": "latchkey:account"])
        planted.note(account, "account")
        let bearer = try #require(account["access_token"])
        let (rejected, changed, set, last) = (
            planted.plant("rejected") + String(repeating: "x", count: 1024), planted.plant("changed password"),
            planted.plant("set password"), planted.plant("last password")
        )
        for (current, next, status) in [(last, changed, 403), (password, rejected, 422), (password, changed, 200)] {
            let response = try await http.post(
                "/api/v1/password", json: ["current_password": .string(current), "new_password": .string(next)],
                bearer: bearer)
            #expect(response.status == status, "\(response.text)")
            planted.note(response, "password change")
        }
        let kept = try await http.post(
            "/api/v1/me/delete", json: ["current_password": .string(planted.plant("deletion password"))],
            bearer: try await login(http, changed, ["scope": "latchkey:account"])["access_token"])
        #expect(kept.status == 403, "\(kept.text)")
        planted.note(kept, "refused deletion")
        _ = try await command(
            ["user", "set-password", "ada", "--must-change", "--password-stdin"], program, input: set + "\n",
            into: &planted)
        #expect(try await login(http, set).status == 403)
        let replaced = try await login(http, set, ["new_password": .string(last)])
        #expect(replaced.status == 200)
        planted.note(replaced, "forced change")
        return last
    }

    /// Secrets where no secret belongs.
    func misplace(_ http: TestHTTP, password: String, _ planted: inout PlantedSecrets) async throws {
        let session = try await login(http, password)
        planted.note(session, "misplaced")
        let tokens = [
            try #require(session["refresh_token"]), try #require(session["access_token"]), planted.plant("stray"),
        ]
        for token in tokens {
            let encoded = PercentEncoding.encode(token)
            for path in [
                "/\(encoded)", "/api/v1/sessions/\(encoded)", "/api/v1/me?access_token=\(encoded)",
                "/revocations?after=\(encoded)",
                "/revocations?epoch=\(encoded)&after=0", "/healthz?\(encoded)=1", "/api/v1/admin/users/\(encoded)",
            ] {
                _ = try await http.get(path)
            }
            for name in ["client_id", "grant_type", "scope", "token_type_hint", "resource", encoded] {
                let form = [
                    ("grant_type", "refresh_token"), ("client_id", "spa"), ("token", "x"), ("refresh_token", "x"),
                ]
                for path in ["/oauth2/token", "/oauth2/revoke", "/oauth2/introspect", "/oauth2/token?token=\(encoded)"]
                {
                    _ = try await http.post(path, form: form.filter { $0.0 != name } + [(name, token)])
                }
            }
            for name in ["client_id", "username", "scope", "transport", "refresh_token", "new_password"] {
                for path in ["/api/v1/login", "/api/v1/refresh", "/api/v1/logout"] {
                    let body: [String: JSONValue] = ["client_id": "spa", "username": "bob", "password": "x"]
                    // A logout by the living token would end what follows.
                    guard path != "/api/v1/logout" || name != "refresh_token" else { continue }
                    guard path != "/api/v1/refresh" || name != "refresh_token" || !token.hasPrefix("lkr_") else {
                        continue
                    }
                    _ = try await http.post(path, json: body.merging([name: .string(token)]) { $1 })
                }
            }
            for name in [
                "Origin", "Referer", "User-Agent", "X-Forwarded-For", "Forwarded", "X-Request-Id", "Accept", "Cookie",
                "If-None-Match", "Accept-Language", "X-Latchkey-CSRF", "X-Api-Key",
            ] {
                let value = name == "Cookie" ? "latchkey_dev_refresh_spa=\(token); other=\(token)" : token
                _ = try await http.post("/api/v1/refresh", json: ["client_id": "spa"], headers: [(name, value)])
                _ = try await http.get("/revocations", headers: [(name, value)])
            }
            for scheme in ["Basic", "Digest", "Bearer x", "Token"] {
                _ = try await http.get("/api/v1/me", headers: [("Authorization", "\(scheme) \(token)")])
            }
            for text in [#"{"password":"\#(token)""#, #"{"\#(token)":1,"\#(token)":1}"#, token] {
                _ = try await http.send(
                    "POST", "/api/v1/login", headers: [("Content-Type", "application/json")], body: Array(text.utf8))
                _ = try await http.send(
                    "POST", "/oauth2/token", headers: [("Content-Type", text)], body: Array(text.utf8))
            }
            let method = try await RawExchange.send(["\(token.filter(\.isLetter)) /healthz HTTP/1.1"], to: http.base)
            #expect(method.status >= 400)
            let fields = try await RawExchange.send(["GET /healthz HTTP/1.1", "X Y: \(token)"], to: http.base)
            #expect(fields.status == 400)
        }
    }

    func administer(_ http: TestHTTP, password: String, _ planted: inout PlantedSecrets) async throws {
        let admin = try await login(http, password, ["scope": "latchkey:admin"])
        planted.note(admin, "admin")
        let bearer = try #require(admin["access_token"])
        let created = planted.plant("created password")
        let user: [String: JSONValue] = ["name": "bob", "password": .string(created)]
        #expect(try await http.post("/api/v1/admin/users", json: user, bearer: bearer).status == 201)
        #expect(try await http.post("/api/v1/admin/users", json: user, bearer: bearer).status == 409)
        let misspelt = planted.plant("misspelt")
        let bad: [String: JSONValue] = ["name": "eve", "password": 1, "pasword": .string(misspelt)]
        #expect(try await http.post("/api/v1/admin/users", json: bad, bearer: bearer).status == 400)
        for path in ["users", "sessions", "clients", "keys", "revocations", "consumers", "audit", "stats"] {
            #expect(try await http.authorised("GET", "/api/v1/admin/\(path)", bearer: bearer).status == 200, "\(path)")
        }
        let logout = try await http.authorised("POST", "/api/v1/logout", bearer: bearer)
        #expect(logout.status == 204)
        #expect(try await http.authorised("GET", "/api/v1/me", bearer: bearer).status == 401)
    }
}
