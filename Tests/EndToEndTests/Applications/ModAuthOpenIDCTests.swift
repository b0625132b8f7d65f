import LatchkeyBytes
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Apache with Debian's mod_auth_openidc in front of pages.
@Suite(.enabled(if: ApplicationPackages.mayRun(.apache), "\(ApplicationPackages.whereFrom)"))
struct ModAuthOpenIDCTests {
    private static let pages = [
        "/private/index.shtml":
            "<title>Private</title>Hello <!--#echo var=\"OIDC_CLAIM_preferred_username\" --> of "
            + "<!--#echo var=\"OIDC_CLAIM_email\" -->, known as <!--#echo var=\"REMOTE_USER\" -->.",
        "/out.shtml": "<title>Out</title>Signed out.",
    ]

    private func apache(
        at issuer: Issuer, pkce: Bool, fill: @Sendable (inout ClientSettings) -> Void = { _ in }
    ) async throws -> ApacheProcess {
        let port = try ServerProcess.freePort()
        let client = try await issuer.addClient("apache", port: port, callback: "/private/oidc", left: "/out.shtml") {
            $0.pkce = pkce ? .required : .optional
            fill(&$0)
        }
        // The block of the documentation, with what a reader fills in.
        var configuration = try DocumentedBlock.text(
            "apache", of: "StandardClients.md",
            [
                ("OIDCClientID pages", "OIDCClientID \(client.id)"), ("https://auth.example.com", issuer.url),
                ("what-the-command-printed", client.secret ?? ""),
                ("https://www.example.com", "http://127.0.0.1:\(port)"),
                ("a-long-random-text-of-your-own", Hexadecimal.string(RandomBytes.make(32))),
                ("OIDCPKCEMethod S256\n", pkce ? "OIDCPKCEMethod S256\n" : ""),
            ])
        configuration += """
            OIDCCABundlePath \(issuer.authority ?? "")
            OIDCInfoHook userinfo id_token access_token session
            """
        return try await ApacheProcess(
            module: "auth_openidc", port: port, pages: Self.pages, configuration: configuration,
            folder: issuer.server.folder)
    }

    @Test(arguments: [true, false])
    func `a page is shown to a user who has signed in, with and without PKCE`(pkce: Bool) async throws {
        try await Issuer.with { issuer in
            let apache = try await apache(at: issuer, pkce: pkce)
            let browser = issuer.browser()
            let page = try await browser.go(.open(apache.origin + "/private/index.shtml"), .signIn())
            #expect(page.title == "Private", "\(page.way)\n\(apache.tail)")
            #expect(page.text?.contains("Hello ada of \(Issuer.email)") == true, "\(page.way)")
            let info = try await browser.go(.open(apache.origin + "/private/oidc?info=json"))
            let claims = try #require(info.json.object?["id_token"]?.object, "\(info.way)")
            #expect(claims["iss"]?.string == issuer.url)
            #expect(info.json.object?["userinfo"]?.object?["sub"] == claims["sub"])
        }
    }

    @Test func `signing out there ends the session here, and comes back`() async throws {
        try await Issuer.with { issuer in
            let apache = try await apache(at: issuer, pkce: true)
            let browser = issuer.browser()
            try await browser.go(.open(apache.origin + "/private/index.shtml"), .signIn())
            let back = PercentEncoding.encode(apache.origin + "/out.shtml")
            let out = try await browser.go(.open(apache.origin + "/private/oidc?logout=" + back))
            #expect(out.title == "Out", "\(out.way)\n\(apache.tail)")
            #expect(out.requests(to: "/oauth2/logout").count == 1, "no question was asked")
            let form = try await browser.go(.open(apache.origin + "/private/index.shtml"))
            #expect(form.fields?.contains("password") == true, "\(form.way)")
        }
    }

    @Test func `a request that comes back with an error is no way in`() async throws {
        try await Issuer.with { issuer in
            let apache = try await apache(at: issuer, pkce: true) { $0.consent = .ask }
            let browser = issuer.browser()
            try await browser.go(.open(apache.origin + "/private/index.shtml"), .signIn())
            let denied = try await browser.go(.press("decision=deny"))
            #expect(denied.url?.contains("error=access_denied") == true, "\(denied.way)")
            #expect(denied.title != "Private")
        }
    }
}
