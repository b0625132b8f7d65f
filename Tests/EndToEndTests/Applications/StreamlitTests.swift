import Foundation
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Streamlit, whose pages work with scripts alone: in Chromium.
@Suite(.enabled(if: ApplicationPackages.mayRun(.python, .chromium), "\(ApplicationPackages.whereFrom)"))
struct StreamlitTests {
    @Test func `a user signs in and out in Chromium`() async throws {
        try await Issuer.with { issuer in
            let port = try ServerProcess.freePort()
            // It sends its users who have signed out to the redirect URI, and reads their claims from the ID token.
            let client = try await issuer.addClient(
                "streamlit", port: port, callback: "/oauth2callback", left: "/oauth2callback"
            ) { $0.idTokenClaims = true }
            let page = try await start(port, client, at: issuer)
            let seen = try await ChromiumVisit.make(
                [
                    ["open", page.origin], ["press", "Sign in"], ["type", "username", "ada"],
                    ["type", "password", TestServer.password], ["press", "Sign in"],
                    ["see", "Hello ada, \(Issuer.email)"], ["press", "Sign out"], ["see", "Sign in"],
                ], folder: issuer.server.folder)
            #expect(seen.status == 0, "\(seen.text)\n\(page.tail)")
        }
    }

    private func start(_ port: Int, _ client: Issuer.Registration, at issuer: Issuer) async throws -> ApplicationProcess
    {
        let folder = issuer.server.folder
        let place = folder.file("streamlit")
        try FileManager.default.createDirectory(atPath: place + "/.streamlit", withIntermediateDirectories: true)
        let secrets = """
            [auth]
            redirect_uri = "http://127.0.0.1:\(port)/oauth2callback"
            cookie_secret = "\(UUID().uuidString)"
            client_id = "\(client.id)"
            client_secret = "\(client.secret ?? "")"
            server_metadata_url = "\(issuer.url)/.well-known/openid-configuration"
            """
        try Data(secrets.utf8).write(to: URL(filePath: place + "/.streamlit/secrets.toml"))
        let program = Language.python.programs.appending(path: "applications/streamlit_page.py").path
        let command = [
            ApplicationPackages.python.program, "-m", "streamlit", "run", program, "--server.port", "\(port)",
            "--server.address", "127.0.0.1", "--server.headless", "true", "--browser.gatherUsageStats", "false",
        ]
        // It looks for its secrets in the folder that it runs in.
        return try await ApplicationProcess(
            ["/bin/sh", "-c", "cd '\(place)' && exec \"$@\"", "sh"] + command, port: port,
            environment: issuer.environment(of: client), folder: folder)
    }
}
