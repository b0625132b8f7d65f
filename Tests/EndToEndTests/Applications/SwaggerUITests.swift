import Foundation
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Swagger UI, a single-page application: it signs in in a window of its own and redeems the code by a script.
@Suite(.enabled(if: ApplicationPackages.mayRun(.python, .chromium), "\(ApplicationPackages.whereFrom)"))
struct SwaggerUITests {
    @Test func `a page of another origin signs in in a window of its own and calls its service`() async throws {
        try await Issuer.with { issuer in
            let page = try await ApplicationProcess.python(
                "swagger_ui_page.py", at: issuer, kind: .public, callback: "/oauth2-redirect.html"
            ) { settings in
                // The redirect URI's origin: for its scripts.
                settings.origins = settings.redirectURIs.map { $0.replacing("/oauth2-redirect.html", with: "") }
            }
            let seen = try await ChromiumVisit.make(
                [
                    ["open", page.origin], ["click", ".btn.authorize"], ["click", ".modal-ux .btn.authorize"],
                    ["window", 1], ["type", "username", "ada"], ["type", "password", TestServer.password],
                    ["press", "Sign in"], ["window", 0], ["see", "Logout"], ["click", ".modal-ux .btn-done"],
                    ["click", ".btn.execute"], ["see", "\"parts\": 3"],
                ], folder: issuer.server.folder)
            #expect(seen.status == 0, "\(seen.text)\n\(page.tail)")
        }
    }
}
