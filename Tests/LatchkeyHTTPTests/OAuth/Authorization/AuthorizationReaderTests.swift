import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

@testable import LatchkeyHTTP

/// Whole authorization requests: in which order the checks decide, and where a failure goes.
struct AuthorizationReaderTests {
    private static let callback = "https://app.example.com/cb?tenant=1"
    private static let state = String(repeating: ":/+=%&#?", count: 256)

    /// A request that passes.
    private static let good = [
        "client_id": "app", "redirect_uri": callback, "response_type": "code", "scope": "openid email",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256",
        "state": "s", "nonce": "n",
    ]

    private func server(
        _ body: @Sendable (AuthorizationReader, TestServer) async throws -> Void
    ) async throws {
        try await withServer { server in
            var draft = ClientDraft(id: try #require(ClientID("app")), kind: .public)
            draft.settings.redirectURIs = [Self.callback]
            _ = try await server.services.clients.create(draft, actor: .operator)
            let services = server.services
            try await body(
                AuthorizationReader(
                    directory: services.clientDirectory, hints: services.idTokenHints, settings: services.settings),
                server)
        }
    }

    private func sent(_ change: [String: String?] = [:]) throws -> AuthorizationParameters {
        var fields: [String: String?] = Self.good.mapValues { $0 }
        for (name, value) in change { fields[name] = value }
        let pairs = fields.compactMap { name, value in value.map { "\(name)=\(PercentEncoding.encode($0))" } }
        return try AuthorizationParameters(pairs.joined(separator: "&").utf8)
    }

    private func failure(
        _ reader: AuthorizationReader, _ change: [String: String?]
    ) async throws -> AuthorizationFailure? {
        do {
            _ = try await reader.read(try sent(change))
            return nil
        } catch let failure as AuthorizationFailure {
            return failure
        }
    }

    @Test func `until the redirect URI is known, every failure is a page, whatever else is wrong`() async throws {
        try await server { reader, server in
            let wrong: [String: String?] = ["response_type": "token", "code_challenge": nil, "response_mode": "x"]
            let cases: [([String: String?], AuthorizationFailure.Problem)] = [
                (["client_id": nil], .noClient), (["client_id": "other"], .unknownClient),
                (["client_id": "APP"], .unknownClient), (["client_id": "other", "redirect_uri": "x"], .unknownClient),
                (["redirect_uri": nil], .noRedirectURI),
                (["redirect_uri": "https://evil.example/"], .unknownRedirectURI),
                (["redirect_uri": Self.callback + "&x=1"], .unknownRedirectURI),
                (["redirect_uri": "https://app.example.com/cb"], .unknownRedirectURI),
                (["redirect_uri": nil, "request_uri": "https://evil.example/r"], .noRedirectURI),
                (["redirect_uri": nil, "request": "eyJ"], .noRedirectURI),
            ]
            for (change, problem) in cases {
                #expect(try await failure(reader, change) == .page(problem), "\(change)")
                let both = change.merging(wrong) { one, _ in one }
                #expect(try await failure(reader, both) == .page(problem), "\(both)")
            }
            try await server.services.clients.setDisabled(#require(ClientID("app")), true, actor: .operator)
            #expect(try await failure(reader, [:]) == .page(.unknownClient))
        }
    }

    @Test func `afterwards the first check that fails decides, and its error goes back with state and issuer`()
        async throws
    {
        // Each is wrong together with everything below it.
        let order: [(name: String, value: String?, code: AuthorizationError.Code)] = [
            ("response_mode", "fragment", .invalidRequest), ("request", "eyJ", .requestNotSupported),
            ("request_uri", "https://a.example/", .requestURINotSupported),
            ("response_type", "token", .unsupportedResponseType), ("code_challenge_method", "plain", .invalidRequest),
            ("scope", "canary", .invalidScope), ("nonce", String(repeating: "n", count: 513), .invalidRequest),
            ("prompt", "canary", .invalidRequest), ("max_age", "-1", .invalidRequest),
            ("resource", "canary", .invalidTarget),
            ("acr_values", String(repeating: "a", count: 1025), .invalidRequest),
            ("login_hint", String(repeating: "a", count: 513), .invalidRequest),
            ("id_token_hint", "canary", .invalidRequest),
        ]
        try await server { reader, server in
            var alone: [AuthorizationError] = []
            for one in order {
                guard case .redirect(let answer) = try await failure(reader, [one.name: one.value]),
                    case .error(let error) = answer.outcome
                else {
                    Issue.record("\(one.name) is not refused")
                    continue
                }
                #expect(error.code == one.code, "\(one.name)")
                #expect(answer.redirectURI == Self.callback)
                #expect(answer.state == "s" && answer.issuer == server.services.settings.issuer)
                alone.append(error)
            }
            for index in order.indices {
                let change = Dictionary(uniqueKeysWithValues: order[index...].map { ($0.name, $0.value) })
                guard case .redirect(let answer) = try await failure(reader, change) else {
                    Issue.record("\(order[index].name) is not refused with what follows it")
                    continue
                }
                #expect(answer.outcome == .error(alone[index]), "\(order[index].name)")
            }
        }
    }

    @Test func `an error travels in the mode of the request, with the state byte for byte`() async throws {
        try await server { reader, _ in
            let change: [String: String?] = ["response_type": "token", "state": Self.state]
            guard case .redirect(let query) = try await failure(reader, change),
                case .redirect(let form) = try await failure(
                    reader, change.merging(["response_mode": "form_post"]) { one, _ in one })
            else {
                Issue.record("not refused")
                return
            }
            #expect(query.mode == .query && form.mode == .formPost)
            #expect(Array((form.state ?? "").utf8) == Array(Self.state.utf8))
            let mark = try #require(query.location.utf8.firstIndex(of: UInt8(ascii: "?")))
            let parameters = try RequestParameters(query.location.utf8[mark...].dropFirst())
            #expect(Array((parameters["state"] ?? "").utf8) == Array(Self.state.utf8))
            #expect(parameters["tenant"] == "1")
            // A mode that we do not have is reported in the one that every client has.
            guard case .redirect(let odd) = try await failure(reader, ["response_mode": "fragment"]) else {
                Issue.record("not refused")
                return
            }
            #expect(odd.mode == .query)
        }
    }

    @Test func `a request that passes is what was asked, and what is unknown is passed over`() async throws {
        try await server { reader, server in
            let request = try await reader.read(
                sent([
                    "prompt": "consent login", "max_age": "60", "acr_values": "phr canary", "login_hint": "ada",
                    "ui_locales": "de", "display": "popup", "claims": "{", "claims_locales": "x", "canary": "<b>",
                    "response_mode": "form_post", "scope": "openid canary email phone",
                    "resource": server.services.settings.issuer, "registration": "{}", "decision": "allow",
                ]))
            var expected = AuthorizationRequest(client: request.client, redirectURI: Self.callback)
            expected.responseMode = .formPost
            expected.state = "s"
            expected.scope = try #require(Scope("openid email"))
            expected.nonce = "n"
            expected.challenge = Self.good["code_challenge"]
            expected.prompt = [.login, .consent]
            expected.maximumAge = 60
            expected.acrValues = ["phr", "canary"]
            expected.loginHint = "ada"
            expected.uiLocales = ["de"]
            expected.resources = [server.services.settings.issuer]
            #expect(request == expected)
            #expect(request.client.id == ClientID("app"))
        }
    }

    @Test func `an answer to a program of the user's machine needs a click, and one to a web page does not`()
        async throws
    {
        try await server { reader, server in
            try await server.services.clients.update(#require(ClientID("app")), actor: .operator) {
                $0.redirectURIs += ["http://127.0.0.1", "com.example.app:/cb"]
            }
            for uri in ["http://127.0.0.1:4711", "com.example.app:/cb"] {
                #expect(try await reader.read(sent(["redirect_uri": uri])).needsClick)
            }
            #expect(try await !reader.read(sent()).needsClick)
        }
    }

    @Test func `a request of OAuth alone needs neither redirect URI nor state nor openid`() async throws {
        try await server { reader, _ in
            let request = try await reader.read(
                sent(["redirect_uri": nil, "state": nil, "nonce": nil, "scope": "email"]))
            #expect(request.redirectURI == Self.callback && !request.namesRedirectURI)
            #expect(request.state == nil && request.scope.description == "email")
        }
    }
}
