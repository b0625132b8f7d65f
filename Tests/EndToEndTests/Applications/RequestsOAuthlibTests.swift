import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// requests-oauthlib for the code, PyJWT for the ID token.
@Suite(.enabled(if: ApplicationPackages.mayRun(.python), "\(ApplicationPackages.whereFrom)"))
struct RequestsOAuthlibTests {
    @Test(arguments: [JWSAlgorithm.rs256, .es256, .ps256, .edDSA])
    func `a user signs in, and PyJWT verifies the ID token by the published keys`(
        algorithm: JWSAlgorithm
    ) async throws {
        try await Issuer.with { issuer in
            let application = try await ApplicationProcess.python(
                "requests_oauthlib_client.py", at: issuer, callback: "/callback"
            ) { $0.idTokenAlgorithm = algorithm }
            let browser = issuer.browser()
            let page = try await browser.go(.open(application.origin + "/login"), .signIn())
            let claims = try #require(page.json.object?["user"]?.object, "\(page.way)\n\(application.tail)")
            #expect(claims["iss"]?.string == issuer.url && claims["azp"] == nil && claims["nbf"] == nil)
            let info = try await browser.go(.open(application.origin + "/userinfo"))
            #expect(info["sub"] == claims["sub"]?.string)
            let refreshed = try await browser.go(.open(application.origin + "/refresh")).json.object
            #expect(refreshed?["claims"]?.object?["auth_time"] == claims["auth_time"], "\(application.tail)")
            #expect(refreshed?["rotated"]?.bool == true)
        }
    }
}
