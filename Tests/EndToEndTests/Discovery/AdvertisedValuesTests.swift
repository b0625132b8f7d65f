import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Each value of the discovery documents is used as a client would use it. A value that has no exercise here fails.
struct AdvertisedValuesTests {
    @Test(arguments: ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"])
    func `each advertised value is what the server does`(path: String) async throws {
        try await withServer(["status_list.enabled": "true"]) { server in
            let exercises = try await Exercises(server)
            let document = try #require(try await server.http.get(path).json.object)
            var count = 0
            for member in document.members {
                for value in Self.values(member.value) {
                    count += 1
                    do {
                        #expect(
                            try await exercises.exercise(member.name, value), "\(member.name) \(value) has no exercise")
                    } catch {
                        Issue.record("\(member.name) \(value): \(error)")
                    }
                }
            }
            #expect(count > 60)
        }
    }

    /// Of a list each element, as text.
    private static func values(_ value: JSONValue) -> [String] {
        switch value {
        case .array(let values): values.flatMap(Self.values)
        case .string(let text): [text]
        case .bool(let flag): ["\(flag)"]
        default: ["no text"]
        }
    }
}

/// A server whose users and clients can use all that it offers.
private struct Exercises: Sendable {
    private static let issuer = SignInScene.issuer
    private let server: TestServer
    private let scene: SignInScene
    private let secret: String

    init(_ server: TestServer) async throws {
        self.server = server
        scene = SignInScene(server)
        var profile = ProfileDraft()
        profile.email = .set("ada@example.com")
        profile.emailVerified = true
        profile.displayName = .set("Ada")
        profile.locale = .set("en")
        profile.zoneinfo = .set("UTC")
        profile.claims = .set(
            JSONObject(members: [
                JSONObject.Member(name: "phone_number", value: "+431234"),
                JSONObject.Member(
                    name: "address",
                    value: .object(JSONObject(members: [JSONObject.Member(name: "country", value: "AT")]))),
            ]))
        _ = try await server.services.users.create(
            name: "ada", password: Password(TestServer.password), roles: ["admin"], mustChange: false,
            profile: profile, actor: .operator)
        let scopes = Scope("openid profile email address phone offline_access latchkey:account latchkey:admin")
        secret =
            try await scene.addClient(kind: .confidential) {
                $0.firstParty = true
                $0.scope = scopes
            } ?? ""
        try await scene.addClient("public") {
            $0.firstParty = true
            $0.scope = scopes
        }
    }

    /// Of the public client.
    private static func request(_ change: [String: String?] = [:]) -> [String: String?] {
        ["client_id": "public", "scope": "openid"].merging(change) { $1 }
    }

    /// Asks, and fills in the pages that come.
    private func authorize(_ browser: TestBrowser, _ change: [String: String?] = [:]) async throws -> DeliveredAnswer {
        var answer = try await scene.authorize(browser, Self.request(change))
        // Account choice, password, consent: there are no more steps.
        for _ in 0..<3 {
            if let delivered = DeliveredAnswer(answer) { return delivered }
            let page = try ShownPage(answer)
            answer =
                switch page.form?.action {
                case "/signin/password": try await browser.submit(page, SignInScene.typed())
                case "/signin/consent": try await browser.submit(page, decision: "allow")
                default: try await browser.submit(page, decision: "continue")
                }
        }
        return try #require(DeliveredAnswer(answer), "\(answer.status) \(answer.text)")
    }

    /// To the tokens of the confidential client, or of a public one.
    private func signIn(
        _ change: [String: String?] = [:], confidentially: Bool = false
    ) async throws -> TestResponse {
        let id = confidentially ? "web" : (change["client_id"] ?? nil) ?? "public"
        let answer = try await authorize(scene.browser(), change.merging(["client_id": id]) { $1 })
        let tokens = try await scene.redeem(answer.code, client: id, secret: confidentially ? secret : nil)
        try #require(tokens.status == 200, "\(answer) \(tokens.text)")
        return tokens
    }

    /// - Returns: false when there is no exercise.
    func exercise(_ member: String, _ value: String) async throws -> Bool {
        switch member {
        case "issuer": #expect(value == Self.issuer)
        case _ where member.hasSuffix("_endpoint") || member.hasSuffix("_uri"): try await reach(value)
        case "scopes_supported": try await grant(scope: value)
        case "response_types_supported": try await respond(["response_type": value])
        case "response_modes_supported": try await respond(["response_mode": value])
        case "code_challenge_methods_supported": try await respond(["code_challenge_method": value])
        case "acr_values_supported": try await reachClass(value)
        case "authorization_response_iss_parameter_supported":
            #expect(value == "true")
            #expect(try await authorize(scene.browser())["iss"] == Self.issuer)
        case "prompt_values_supported": return try await prompt(value)
        case "ui_locales_supported":
            let page = try await scene.authorize(scene.browser(), Self.request(["ui_locales": value]))
            #expect(page[field: "content-language"] == value)
        case "request_parameter_supported":
            try await refuse(["request": "e30.e30."], "request_not_supported", unless: value)
        case "request_uri_parameter_supported":
            try await refuse(["request_uri": "https://app.example.com/r"], "request_uri_not_supported", unless: value)
        case "claims_parameter_supported":
            #expect(value == "false")
            try await respond(["claims": #"{"id_token":{"email":null}}"#])
        case "grant_types_supported": return try await use(grant: value)
        case _ where member.hasSuffix("_endpoint_auth_methods_supported"):
            return try await authenticate(
                by: value, at: String(member.dropLast("_endpoint_auth_methods_supported".count)))
        case "subject_types_supported":
            #expect(value == "public")
            let one = try await claims(signIn())
            let two = try await claims(signIn(confidentially: true))
            #expect(one["sub"] == two["sub"] && one["sub"] != nil)
        case "id_token_signing_alg_values_supported": try await sign(value)
        case "claims_supported": try await claim(value)
        default: return false
        }
        return true
    }

    /// Somebody answers at the address.
    private func reach(_ address: String) async throws {
        let path = String(try #require(address.hasPrefix(Self.issuer) ? address.dropFirst(Self.issuer.count) : nil))
        let got = try await server.http.get(path)
        let answer = got.status == 405 ? try await server.http.post(path, form: []) : got
        // What the endpoints do is exercised by the other members; each of them has an answer of its own to this.
        #expect([200, 400, 401].contains(answer.status), "\(path) \(answer.status)")
    }

    private func grant(scope: String) async throws {
        let isOurs = scope.hasPrefix("latchkey:")
        let answer =
            isOurs
            ? try await server.login(client: "public", scope: scope)
            : try await signIn(["scope": scope == "openid" ? scope : "openid \(scope)"])
        let granted = [answer["scope"], answer["latchkey_separate_scope"]].compactMap { $0 }.joined(separator: " ")
        #expect(granted.split(separator: " ").contains { $0 == scope }, "\(answer.text)")
    }

    /// A code comes with these parameters, and can be used.
    private func respond(_ change: [String: String]) async throws {
        let answer = try await authorize(scene.browser(), change)
        if change["response_mode"] == "form_post" {
            #expect(answer.way == .formPost && answer.url == SignInScene.redirectURI)
        } else {
            #expect(answer.way != .formPost && answer.url.hasPrefix(SignInScene.redirectURI + "?"))
        }
        let tokens = try await scene.redeem(answer.code, client: "public")
        #expect(tokens.status == 200, "\(tokens.text)")
    }

    private func refuse(_ change: [String: String], _ error: String, unless value: String) async throws {
        #expect(value == "false")
        #expect(DeliveredAnswer(try await scene.authorize(scene.browser(), Self.request(change)))?.error == error)
    }

    private func reachClass(_ value: String) async throws {
        #expect(try await claims(signIn(["acr_values": value]))["acr"]?.string == value)
        let token = try await signIn(["acr_values": value], confidentially: true)["access_token"]
        let found = try await server.http.post(
            "/oauth2/introspect",
            form: [("token", try #require(token)), ("client_id", "web"), ("client_secret", secret)])
        #expect(found["acr"] == value)
    }

    private func prompt(_ value: String) async throws -> Bool {
        let browser = scene.browser()
        _ = try await authorize(browser)
        let answer = try await scene.authorize(browser, Self.request(["prompt": value]))
        switch value {
        case "none": #expect(DeliveredAnswer(answer)?.code != nil)
        case "login": #expect(try ShownPage(answer).form?.action == "/signin/password")
        case "consent":
            // A client that never asks has nothing to ask again.
            try await scene.addClient("asks") { $0.consent = .ask }
            _ = try await authorize(browser, ["client_id": "asks"])
            #expect(try await scene.authorize(browser, Self.request(["client_id": "asks"])).status == 303)
            let asked = try await scene.page(browser, Self.request(["client_id": "asks", "prompt": value]))
            #expect(asked.form?.action == "/signin/consent")
        case "select_account": #expect(try ShownPage(answer).form?.action == "/signin/account")
        default: return false
        }
        #expect(try await authorize(browser, ["prompt": value]).code != nil)
        return true
    }

    private func use(grant: String) async throws -> Bool {
        var form = [("grant_type", grant), ("client_id", "web"), ("client_secret", secret)]
        switch grant {
        case "authorization_code": _ = try await signIn(confidentially: true)
        case "refresh_token":
            let tokens = try await signIn(confidentially: true)
            form.append(("refresh_token", try #require(tokens["refresh_token"])))
            let answer = try await server.http.post("/oauth2/token", form: form)
            #expect(answer["access_token"] != nil && answer["id_token"] != nil, "\(answer.text)")
        case "client_credentials":
            let own = try await server.addConfidentialClient("machine", scope: "jobs")
            let answer = try await server.http.post(
                "/oauth2/token", form: [("grant_type", grant), ("client_id", "machine"), ("client_secret", own)])
            #expect(answer["access_token"] != nil, "\(answer.text)")
        default: return false
        }
        return true
    }

    /// The right secret is let in by this method, and a wrong one is not.
    private func authenticate(by method: String, at endpoint: String) async throws -> Bool {
        let isPublic = method == "none"
        let tokens = try await signIn(confidentially: !isPublic)
        func ask(_ secret: String, _ token: String) async throws -> TestResponse {
            var form =
                endpoint == "token" ? [("grant_type", "refresh_token"), ("refresh_token", token)] : [("token", token)]
            var headers: [(String, String)] = []
            switch method {
            case "client_secret_basic":
                headers = [("Authorization", "Basic " + Base64.string(Array("web:\(secret)".utf8), padded: true))]
            case "client_secret_post": form += [("client_id", "web"), ("client_secret", secret)]
            default: form += [("client_id", "public")]
            }
            return try await server.http.post(
                "/oauth2/" + (["revocation": "revoke", "introspection": "introspect"][endpoint] ?? endpoint),
                form: form, headers: headers)
        }
        guard ["client_secret_basic", "client_secret_post", "none"].contains(method),
            ["token", "revocation", "introspection"].contains(endpoint)
        else { return false }
        let token = try #require(tokens["refresh_token"])
        if !isPublic { #expect(try await ask(secret + "x", token).status == 401) }
        let answer = try await ask(secret, token)
        #expect(answer.status == 200, "\(method) \(endpoint) \(answer.text)")
        if endpoint == "introspection" { #expect(answer.json.object?["active"]?.bool == true) }
        return true
    }

    /// An ID token in this algorithm, verified with the published keys alone.
    private func sign(_ name: String) async throws {
        let algorithm = try #require(JWSAlgorithm(rawValue: name))
        let id = "signs-\(name.lowercased())"
        try await scene.addClient(id) { $0.idTokenAlgorithm = algorithm }
        let token = try await scene.idClaims(signIn(["client_id": id]))
        #expect(token.header.algorithm == algorithm)
    }

    /// The claim is in an ID token or at UserInfo.
    private func claim(_ name: String) async throws {
        let answer = try await signIn(["scope": "openid profile email address phone"])
        if try await claims(answer)[name] != nil { return }
        let info = try await server.http.authorised(
            "GET", "/oauth2/userinfo", bearer: try #require(answer["access_token"]))
        #expect(info.json.object?[name] != nil, "\(info.text)")
    }

    private func claims(_ tokens: TestResponse) async throws -> JSONObject {
        try await scene.idClaims(tokens).claims
    }
}
