import Crypto
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Access tokens at our own API: RFC 6750's answers, and no way in for a forged one.
struct BearerTests {
    private static let paths = ["/api/v1/me", "/api/v1/sessions", "/api/v1/admin/stats"]

    private struct Tokens {
        let admin: String
        let account: String
        let services: String
        let machine: String
    }

    private func signIn(_ server: TestServer) async throws -> Tokens {
        try await server.addUser(roles: ["admin"])
        try await server.addClient("spa", scope: "openid latchkey:account latchkey:admin")
        let secret = try await server.addConfidentialClient()
        func token(_ scope: String?) async throws -> String {
            try #require(try await server.login(scope: scope)["access_token"])
        }
        let machine = try await server.http.post(
            "/oauth2/token",
            form: [("grant_type", "client_credentials"), ("client_id", "service"), ("client_secret", secret)])
        return Tokens(
            admin: try await token("latchkey:admin"), account: try await token("latchkey:account"),
            services: try await token(nil), machine: try #require(machine["access_token"]))
    }

    private func challenge(_ response: TestResponse) -> String { response[field: "WWW-Authenticate"] ?? "" }

    private func expectRefused(
        _ server: TestServer, _ token: String, _ what: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        for path in Self.paths {
            let response = try await server.http.authorised("GET", path, bearer: token)
            #expect(response.status == 401, "\(what) at \(path): \(response.status)", sourceLocation: sourceLocation)
            #expect(response["code"] == "invalid_token", "\(what) at \(path)", sourceLocation: sourceLocation)
            #expect(
                challenge(response).contains(#"error="invalid_token""#), "\(what) at \(path)",
                sourceLocation: sourceLocation)
        }
    }

    @Test(arguments: [[], [("Authorization", "Basic YWRhOng=")], [("Authorization", "Negotiate abc")]])
    func `without a token the challenge has no error code`(headers: [(String, String)]) async throws {
        try await withServer { server in
            for path in Self.paths {
                let response = try await server.http.get(path, headers: headers)
                #expect(response.status == 401)
                #expect(response["code"] == "bearer_missing")
                #expect(challenge(response).hasPrefix("Bearer "), "\(path): \(challenge(response))")
                #expect(!challenge(response).contains("error"))
            }
        }
    }

    @Test func `a token in the query or a form is no token`() async throws {
        try await withServer { server in
            let tokens = try await signIn(server)
            for path in Self.paths {
                let query = try await server.http.get("\(path)?access_token=\(tokens.admin)")
                #expect(query.status == 401)
                #expect(query["code"] == "bearer_missing")
            }
            let form = try await server.http.post(
                "/api/v1/sessions/revoke-others", form: [("access_token", tokens.account)])
            #expect(form.status == 401)
            #expect(form["code"] == "bearer_missing")
        }
    }

    @Test func `credentials that cannot be read are refused and no fault`() async throws {
        try await withServer { server in
            let token = try await signIn(server).admin
            for value in [
                "Bearer", "Bearer ", "Bearer a b", "Bearer \(token) x", "Bearer \(token),x", "Bearer \"\(token)\"",
            ] {
                let response = try await server.http.get("/api/v1/admin/stats", headers: [("Authorization", value)])
                #expect(response.status == 400, "\(value.prefix(12))")
                #expect(response["code"] == "invalid_request")
            }
            let twice = try await server.http.get(
                "/api/v1/admin/stats",
                headers: [("Authorization", "Bearer \(token)"), ("Authorization", "Bearer \(token)")])
            #expect(twice.status == 400)
            for length in [8 * 1024 - 1, 8 * 1024, 8 * 1024 + 1, 15 * 1024] {
                let long = String(repeating: "a", count: length)
                try await expectRefused(server, long, "\(length) bytes")
                try await expectRefused(server, long + ".e30.e30", "\(length) bytes of header")
            }
        }
    }

    @Test func `a token that this server did not sign opens nothing`() async throws {
        try await withServer { server in
            let admin = try await signIn(server).admin
            let forge = try TokenForge(admin, of: server)
            // The forge makes tokens that are accepted, so what is refused below is refused for its one difference.
            let control = try forge.token()
            #expect(try await server.http.authorised("GET", "/api/v1/admin/stats", bearer: control).status == 200)

            for name in ["none", "None", "NONE", "nOnE", ""] {
                let unsigned = try forge.token(header: ["alg": .string(name)]) { _ in [] }
                try await expectRefused(server, unsigned, "alg \(name)")
                try await expectRefused(server, try forge.token(header: ["alg": .string(name)]), "alg \(name), signed")
            }
            let jwks = server.services.keyRing.current.jwks
            let pem = try P256.Signing.PublicKey(rawRepresentation: forge.publicKey).pemRepresentation
            for secret in [forge.publicKey, [4] + forge.publicKey, Array(pem.utf8), Array((pem + "\n").utf8), jwks, []]
            {
                for name in ["HS256", "ES256"] {
                    let sign = secret.isEmpty ? TokenForge.mac([0]) : TokenForge.mac(secret)
                    try await expectRefused(
                        server, try forge.token(header: ["alg": .string(name)], sign: sign), "\(name) by MAC")
                }
            }
            for name in ["EdDSA", "Ed25519", "RS256", "PS256", "ES384", "ES256K", "es256"] {
                try await expectRefused(
                    server, try forge.token(header: ["alg": .string(name)]), "alg \(name), signed by ES256")
            }
            try await expectRefused(server, try forge.token { _ in [] }, "no signature")
            try await expectRefused(server, try forge.token { _ in [UInt8](repeating: 0, count: 64) }, "zero signature")
            try await expectRefused(
                server, try forge.token { Array(try forge.genuine($0).dropLast()) }, "a byte of the signature missing")
            try await expectRefused(server, try forge.token { try forge.genuine($0) + [0] }, "a byte too many")
        }
    }

    @Test func `a stranger's key is not taken from the token`() async throws {
        try await withServer { server in
            let forge = try TokenForge(try await signIn(server).admin, of: server)
            let stranger = TokenForge.Stranger()
            let jwk = try stranger.jwk
            let headers: [(String, [String: JSONValue?])] = [
                ("our kid", [:]), ("no kid", ["kid": nil]), ("an unknown kid", ["kid": "stranger"]),
                ("an empty kid", ["kid": ""]), ("a path as kid", ["kid": "../../../../dev/null"]),
                ("a kid of SQL", ["kid": "x' UNION SELECT 'key"]), ("jwk", ["jwk": jwk]),
                ("jku", ["jku": "http://127.0.0.1:1/keys", "kid": "stranger"]),
                ("x5u", ["x5u": "http://127.0.0.1:1/chain.pem"]), ("x5c", ["x5c": .array(["MIIB"])]),
            ]
            for (what, header) in headers {
                try await expectRefused(server, try forge.token(header: header, sign: stranger.sign), what)
            }
            // What points elsewhere is ignored in a token that our own key signed.
            let pointing = try forge.token(header: ["jku": "http://127.0.0.1:1/keys", "jwk": jwk])
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: pointing).status == 200)
        }
    }

    @Test func `our own signature is not enough`() async throws {
        try await withServer { server in
            let forge = try TokenForge(try await signIn(server).admin, of: server)
            let now = server.services.clock.now().seconds
            let headers: [[String: JSONValue?]] = [
                ["typ": "JWT"], ["typ": nil], ["typ": "id_token+jwt"], ["typ": "revocations+jwt"], ["typ": 7],
                ["crit": .array(["exp"])], ["crit": .array([])], ["crit": .null], ["b64": false],
            ]
            for header in headers { try await expectRefused(server, try forge.token(header: header), "\(header)") }
            let claims: [[String: JSONValue?]] = [
                ["exp": .integer(now - 1)], ["exp": .integer(now)], ["exp": nil], ["exp": "never"],
                ["exp": .integer(.max)], ["exp": .integer(now + 7200)], ["exp": .integer(-1)],
                ["iat": .integer(now + 600)], ["iat": nil], ["nbf": .integer(now + 600)],
                ["iss": "https://evil.test"], ["iss": "http://localhost:8080/"], ["iss": "HTTP://localhost:8080"],
                ["iss": nil], ["iss": .array(["http://localhost:8080"])], ["sub": nil], ["sub": 7],
                ["jti": nil], ["client_id": nil], ["aud": nil],
                ["sid": "nonsense"],
            ]
            for change in claims { try await expectRefused(server, try forge.token(claims: change), "\(change)") }
            // A session that was never there: no list can say so, the missing row does.
            let homeless = try forge.token(claims: ["sid": "0193e8f0-0000-7000-8000-000000000000"])
            for path in ["/api/v1/me", "/api/v1/admin/stats"] {
                let response = try await server.http.authorised("GET", path, bearer: homeless)
                #expect(response.status == 401)
                #expect(response["code"] == "invalid_token")
            }
        }
    }

    @Test func `a token has one spelling`() async throws {
        try await withServer { server in
            let token = try await signIn(server).admin
            let parts = token.split(separator: ".")
            for other in [
                token + "=", token + ".", token + ".e30", "." + token, "\(parts[0]).\(parts[1])",
                "\(parts[0]).\(parts[1]).",
                "\(parts[0])=.\(parts[1]).\(parts[2])", "\(parts[1]).\(parts[0]).\(parts[2])", String(token.dropLast()),
                token.replacing("_", with: "/") + "A", token.uppercased(), "..", "a.b.c", "e30.e30.e30",
            ] {
                try await expectRefused(server, other, String(other.suffix(12)))
            }
        }
    }

    @Test func `scope and audience decide what a live token opens`() async throws {
        try await withServer { server in
            let tokens = try await signIn(server)
            let forge = try TokenForge(tokens.admin, of: server)
            let mixed = try forge.token(claims: ["aud": .array(["http://localhost:8080/api/v1", "https://a.test"])])
            let elsewhere = try forge.token(claims: ["aud": "http://localhost:8080"])
            let unscoped = try forge.token(claims: ["scope": nil])
            let similar = try forge.token(claims: ["scope": "latchkey:administrator latchkey:admin2 admin"])
            for (what, token, path, scope) in [
                ("services", tokens.services, "/api/v1/sessions", "latchkey:account"),
                ("services", tokens.services, "/api/v1/admin/stats", "latchkey:admin"),
                ("machine", tokens.machine, "/api/v1/sessions", "latchkey:account"),
                ("machine", tokens.machine, "/api/v1/admin/stats", "latchkey:admin"),
                ("account", tokens.account, "/api/v1/admin/stats", "latchkey:admin"),
                ("admin", tokens.admin, "/api/v1/sessions", "latchkey:account"),
                ("two audiences", mixed, "/api/v1/admin/stats", "latchkey:admin"),
                ("another audience", elsewhere, "/api/v1/admin/stats", "latchkey:admin"),
                ("no scope", unscoped, "/api/v1/admin/stats", "latchkey:admin"),
                ("similar scopes", similar, "/api/v1/admin/stats", "latchkey:admin"),
            ] {
                let response = try await server.http.authorised("GET", path, bearer: token)
                #expect(response.status == 403, "\(what) at \(path): \(response.status)")
                #expect(response["code"] == "insufficient_scope", "\(what) at \(path)")
                #expect(challenge(response).contains(#"error="insufficient_scope""#), "\(what) at \(path)")
                #expect(challenge(response).contains(#"scope="\#(scope)""#), "\(what) at \(path)")
            }
            #expect(try await server.http.authorised("GET", "/api/v1/admin/stats", bearer: tokens.admin).status == 200)
            #expect(try await server.http.authorised("GET", "/api/v1/sessions", bearer: tokens.account).status == 200)
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: tokens.machine).status == 200)
        }
    }

    @Test func `a former administrator is refused at once`() async throws {
        try await withServer { server in
            let admin = try await signIn(server).admin
            let login = try await server.login(scope: "latchkey:admin")
            #expect(try await server.http.authorised("GET", "/api/v1/admin/stats", bearer: admin).status == 200)
            try await server.services.users.update("ada", UserChange(roles: ["editor"]), actor: .operator)
            try await expectRefused(server, admin, "the old token")
            let refreshed = try await server.refresh(try #require(login["refresh_token"]), scope: "latchkey:admin")
            #expect(refreshed.status == 400, "\(refreshed.text)")
            let again = try await server.login(scope: "latchkey:admin")
            #expect(again.status == 400)
            #expect(again["code"] == "invalid_scope")
        }
    }

    @Test func `time, revocation and a disabled user end a token`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let tokens = try await signIn(server)
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: tokens.services).status == 200)
            let order = RevocationOrder(
                .session(try session(of: tokens.services)), reason: .admin, actor: .operator)
            _ = try await server.services.revocations.revoke(order)
            try await expectRefused(server, tokens.services, "an ended session")
            clock.advance(by: .seconds(300))
            try await expectRefused(server, tokens.account, "an expired token")
            let fresh = try #require(try await server.login()["access_token"])
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: fresh).status == 200)
            try await server.services.users.setDisabled("ada", true, actor: .operator)
            try await expectRefused(server, fresh, "a disabled user")
        }
    }

    private func session(of token: String) throws -> SessionID {
        try #require(try UnverifiedToken(parsing: token).unverifiedClaims().sessionID)
    }
}
