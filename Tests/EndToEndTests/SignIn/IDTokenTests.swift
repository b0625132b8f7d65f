import Crypto
import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// ID tokens as relying parties get them (OpenID Connect Core 2, 3.1.3.6, 12.2).
struct IDTokenTests {
    private func hash(_ token: String) -> String {
        Base64URL.string(Array(SHA256.hash(data: Array(token.utf8))).prefix(16).map { $0 })
    }

    @Test func `the claims are those of the document, and no others`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let scene = try await SignInScene.prepared(server)
            let browser = scene.browser()
            let user = try await server.services.users.find("ada").id
            let tokens = try await scene.redeem(try await scene.signIn(browser).code)
            let (header, claims) = try await scene.idClaims(tokens)
            #expect(header.algorithm == .rs256)
            #expect(
                claims.members.map(\.name).sorted()
                    == ["acr", "amr", "at_hash", "aud", "auth_time", "exp", "iat", "iss", "nonce", "sid", "sub"])
            #expect(claims["iss"]?.string == SignInScene.issuer)
            #expect(claims["aud"]?.string == "web", "alone, not in a list")
            #expect(claims["sub"]?.string == user.description)
            #expect(claims["nonce"]?.string == "a nonce")
            #expect(claims["acr"]?.string == "urn:latchkey:1fa")
            let issued = try #require(claims["iat"]?.integer)
            #expect(issued <= clock.now.seconds)
            #expect(try #require(claims["exp"]?.integer) > issued)
            let access = try #require(tokens["access_token"])
            #expect(claims["at_hash"]?.string == hash(access))
            let sid = try UnverifiedToken(parsing: access).unverifiedClaims().sessionID?.description
            #expect(claims["sid"]?.string == sid)
            #expect(try #require(tokens["id_token"]).utf8.count < 2048)

            clock.advance(by: .seconds(200))
            let next = try await scene.refresh(tokens)
            let (_, renewed) = try await scene.idClaims(next)
            for name in ["iss", "sub", "aud", "auth_time", "sid", "acr", "amr"] {
                #expect(renewed[name] == claims[name], "\(name)")
            }
            #expect(renewed["nonce"] == nil)
            #expect(renewed["at_hash"]?.string == hash(try #require(next["access_token"])))
            #expect(try #require(renewed["iat"]?.integer) > issued)
        }
    }

    @Test func `without a nonce there is none, without openid there is no ID token, and a login has none`() async throws
    {
        try await withServer { server in
            let scene = try await SignInScene.prepared(server)
            _ = try await server.services.clients.update(try #require(ClientID("web")), actor: .operator) {
                $0.firstParty = true
            }
            let browser = scene.browser()
            let plain = try await scene.redeem(try await scene.signIn(browser, "ada", ["nonce": nil]).code)
            #expect(try await scene.idClaims(plain).claims["nonce"] == nil)
            let long = String(repeating: "n\"\u{1F511}", count: 80)
            let odd = try await scene.redeem(
                DeliveredAnswer(try await scene.authorize(browser, ["nonce": long]))?.code)
            #expect(try await scene.idClaims(odd).claims["nonce"]?.string?.equalsBytes(of: long) == true)
            let none = try await scene.redeem(
                DeliveredAnswer(try await scene.authorize(browser, ["scope": "profile offline_access"]))?.code)
            #expect(none.status == 200 && none["id_token"] == nil)
            #expect(try await scene.refresh(none)["id_token"] == nil)
            let login = try await server.login(client: "web", scope: "openid profile")
            #expect(login.status == 200 && login["id_token"] == nil)
            let again = try await server.http.post(
                "/api/v1/refresh",
                json: ["refresh_token": .string(try #require(login["refresh_token"])), "client_id": "web"])
            #expect(again.status == 200 && again["id_token"] == nil)
            let form = try await scene.refresh(again)
            #expect(form.status == 200 && form["id_token"] == nil)
        }
    }

    @Test func `an algorithm is the client's, and a kind of key is published when a client uses it`() async throws {
        try await withServer { server in
            let scene = SignInScene(server)
            try await server.addUser()
            try await server.addClient("login-only")
            let before = try await server.publishedKeys()
            #expect(!before.contains { $0.algorithm == "RS256" }, "no client uses it yet")
            try await scene.addClient("elliptic") { $0.idTokenAlgorithm = .es256 }
            #expect(!(try await server.publishedKeys()).contains { $0.algorithm == "RS256" })
            let browser = scene.browser()
            let tokens = try await scene.redeem(
                try await scene.signIn(browser, "ada", ["client_id": "elliptic"]).code, client: "elliptic")
            #expect(try await scene.idClaims(tokens).header.algorithm == .es256)
            try await scene.addClient("web")
            let after = try await server.publishedKeys()
            #expect(after.contains { $0.algorithm == "RS256" })
            let keys = try await server.http.get("/.well-known/jwks.json").json.object?["keys"]?.array ?? []
            for key in keys {
                #expect(key.object?["kid"]?.string?.isEmpty == false && key.object?["alg"]?.string?.isEmpty == false)
                #expect(key.object?["use"]?.string == "sig")
            }
            let signed = try await scene.redeem(DeliveredAnswer(try await scene.authorize(browser))?.code)
            #expect(try await scene.idClaims(signed).header.algorithm == .rs256)
        }
    }
}
