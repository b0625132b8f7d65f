import LatchkeyCore
import LatchkeyTokens
import TestConditions
import TestSupport
import Testing

/// Apache with Debian's mod_oauth2 as a service that takes access tokens.
@Suite(.enabled(if: ApplicationPackages.mayRun(.apache), "\(ApplicationPackages.whereFrom)"))
struct ModOAuth2Tests {
    private func apache(at issuer: Issuer, verify: String) async throws -> ApacheProcess {
        let configuration = """
            \(verify)
            <Location /orders>
              AuthType oauth2
              Require oauth2_claim client_id:spa
            </Location>
            """
        let page = "The caller is <!--#echo var=\"REMOTE_USER\" -->."
        return try await ApacheProcess(
            module: "oauth2", port: try ServerProcess.freePort(), pages: ["/orders/index.shtml": page],
            configuration: configuration, folder: issuer.server.folder)
    }

    private func ask(_ apache: ApacheProcess, _ token: String) async throws -> TestResponse {
        try await TestHTTP(base: apache.origin).authorised("GET", "/orders/index.shtml", bearer: token)
    }

    // Its only setting for TLS is whether to verify at all, so it is on plain HTTP here.

    @Test(arguments: ClientSettings.AccessTokenType.allCases)
    func `it verifies access tokens by the published keys`(type: ClientSettings.AccessTokenType) async throws {
        try await Issuer.with(tls: false) { issuer in
            var draft = ClientDraft(id: try #require(ClientID("spa")), kind: .public)
            draft.settings.firstParty = true
            draft.settings.accessTokenType = type
            _ = try await issuer.server.services.clients.create(draft, actor: .operator)
            let line = try DocumentedBlock.text(
                "apache", of: "StandardClients.md",
                [
                    ("OAuth2TokenVerify jwks_uri", "OAuth2TokenVerify jwks_uri"),
                    ("https://auth.example.com", issuer.url),
                ])
            let apache = try await apache(at: issuer, verify: line)
            let login = try await issuer.server.login()
            let token = try #require(login["access_token"], "\(login.text)")
            let answer = try await ask(apache, token)
            #expect(answer.status == 200, "\(apache.tail)")
            #expect(answer.text.contains("The caller is \(issuer.subject)"), "\(answer.text)")
            #expect(try await ask(apache, String(token.dropLast(8)) + "AAAAAAAA").status == 401)
            #expect(try await TestHTTP(base: apache.origin).get("/orders/index.shtml").status == 401)
        }
    }

    @Test func `by introspection it refuses a token as soon as it is revoked`() async throws {
        try await Issuer.with(tls: false) { issuer in
            // A service sees the tokens of its own audience.
            let audiences = ["https://orders.example"]
            try await issuer.server.addClient(audiences: audiences)
            let secret = try await issuer.server.addConfidentialClient("apache", audiences: audiences)
            let options = [
                "introspect.auth=client_secret_basic", "client_id=apache", "client_secret=\(secret)",
                "introspect.expiry=1", "expiry=1",
            ]
            let apache = try await apache(
                at: issuer,
                verify: "OAuth2TokenVerify introspect \(issuer.url)/oauth2/introspect " + options.joined(separator: "&")
            )
            let login = try await issuer.server.login()
            let token = try #require(login["access_token"])
            let answer = try await ask(apache, token)
            #expect(answer.status == 200, "\(answer.fields) \(apache.tail)")
            let revoked = try await issuer.server.http.post(
                "/oauth2/revoke", form: [("token", try #require(login["refresh_token"])), ("client_id", "spa")])
            #expect(revoked.status == 200)
            try await eventually("it is refused") { try await ask(apache, token).status == 401 }
        }
    }
}
