import LatchkeyTokens
import TestSupport
import Testing

/// idpyoidc, the library behind certification tests: it checks every answer by the letter.
@Suite(.enabled(if: ApplicationPackages.mayRun(.python), "\(ApplicationPackages.whereFrom)"))
struct IdpyoidcTests {
    @Test(arguments: ["client_secret_basic", "client_secret_post"])
    func `a user signs in, the tokens are refreshed, and signs out`(method: String) async throws {
        try await Issuer.with { issuer in
            let application = try await ApplicationProcess.python(
                "idpyoidc_client.py", at: issuer, callback: "/callback", left: "/left",
                environment: ["METHOD": method])
            let browser = issuer.browser()
            let page = try await browser.go(.open(application.origin + "/login"), .signIn())
            let user = try #require(page.json.object?["user"]?.object, "\(page.way)\n\(application.tail)")
            #expect(user["preferred_username"]?.string == "ada")
            let claims = try await browser.go(.open(application.origin + "/claims")).json.object
            #expect(claims?["sub"] == user["sub"] && claims?["auth_time"]?.integer != nil)
            let refreshed = try await browser.go(.open(application.origin + "/refresh")).json.object
            for name in ["access_token", "refresh_token", "id_token"] {
                #expect(refreshed?[name]?.bool == true, "\(name)\n\(application.tail)")
            }
            let left = try await browser.go(.open(application.origin + "/logout"))
            #expect(left.json.object?["left"]?.bool == true, "\(left.way)\n\(application.tail)")
            let form = try await browser.go(.open(application.origin + "/login"))
            #expect(form.fields?.contains("password") == true, "\(form.way)")
        }
    }
}
