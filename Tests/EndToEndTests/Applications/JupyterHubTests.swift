import Foundation
import LatchkeyTokens
import TestSupport
import Testing

/// JupyterHub with oauthenticator.
@Suite(.enabled(if: ApplicationPackages.mayRun(.python), "\(ApplicationPackages.whereFrom)"))
struct JupyterHubTests {
    @Test func `a user signs in under the name here, and signs out of both`() async throws {
        try await Issuer.with { issuer in
            let port = try ServerProcess.freePort()
            let client = try await issuer.addClient("hub", port: port, callback: "/hub/oauth_callback")
            let folder = issuer.server.folder.file("hub")
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let configuration = Language.python.programs.appending(path: "applications/jupyterhub_config.py").path
            let hub = try await ApplicationProcess(
                [ApplicationPackages.python.program, "-m", "jupyterhub", "-f", configuration], port: port,
                environment: issuer.environment(of: client).merging(["PORT": "\(port)", "FOLDER": folder]) { $1 },
                folder: issuer.server.folder)
            let browser = issuer.browser()
            let home = try await browser.go(
                .open(hub.origin + "/hub/home"), .follow("Sign in with Latchkey"), .signIn())
            #expect(home.url == hub.origin + "/hub/home", "\(home.way)\n\(hub.tail)")
            #expect(home.text?.contains("ada") == true, "\(home.way)")
            // It sends no hint, so the server asks.
            let question = try await browser.go(.follow("Logout"))
            #expect(question.url?.hasPrefix(issuer.url + "/oauth2/logout") == true, "\(question.way)\n\(hub.tail)")
            let out = try await browser.go(.press("Sign out"))
            #expect(out.url?.hasPrefix(issuer.url) == true && out.status == 200, "\(out.way)")
            let form = try await browser.go(.open(hub.origin + "/hub/oauth_login"))
            #expect(form.fields?.contains("password") == true, "\(form.way)")
        }
    }
}
