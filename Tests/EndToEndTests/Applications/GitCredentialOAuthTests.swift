import Foundation
import LatchkeyCore
import LatchkeyTokens
import TestConditions
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// git-credential-oauth, a program on a person's own machine: it listens on a port of loopback that the system chooses,
/// and registers no path.
@Suite(.enabled(if: ApplicationPackages.mayRun(.gitCredentialOAuth), "\(ApplicationPackages.whereFrom)"))
struct GitCredentialOAuthTests {
    @Test func `git gets an access token after a sign-in`() async throws {
        try await Issuer.with { issuer in
            var draft = ClientDraft(id: try #require(ClientID("git")), kind: .public)
            draft.settings.redirectURIs = ["http://127.0.0.1"]
            draft.settings.consent = .never
            _ = try await issuer.server.services.clients.create(draft, actor: .operator)

            let folder = issuer.server.folder
            let (asked, output, log) = (folder.file("asked"), folder.file("credential"), folder.file("git.log"))
            let child = try start(at: issuer, asked: asked, output: output, log: log)
            defer { child.signal(SIGKILL) }
            var address = ""
            try await eventually("it opens a browser") {
                address = ((try? String(contentsOfFile: asked, encoding: .utf8)) ?? "")
                    .trimmingCharacters(in: .whitespacesAndNewlines)
                return !address.isEmpty || !child.isRunning
            }
            let browser = issuer.browser()
            let done = try await browser.go(.open(address), .signIn())
            #expect(done.url?.hasPrefix("http://127.0.0.1") == true, "\(done.way)")
            let status = try await child.exit()
            let said = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            #expect(status == 0, "\(said)")
            let lines = try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n")
            let password = try #require(lines.first { $0.hasPrefix("password=") }, "\(said)").dropFirst(9)
            #expect(password.split(separator: ".").count == 3)
        }
    }

    /// Runs it as git does, with a browser that only says what it was asked to open.
    private func start(at issuer: Issuer, asked: String, output: String, log: String) throws -> ChildProcess {
        let folder = issuer.server.folder
        let programs = folder.file("programs")
        try FileManager.default.createDirectory(atPath: programs, withIntermediateDirectories: true)
        for name in ["xdg-open", "x-www-browser", "www-browser"] {
            let path = programs + "/" + name
            try Data("#!/bin/sh\necho \"$1\" >'\(asked).new' && mv '\(asked).new' '\(asked)'\n".utf8)
                .write(to: URL(filePath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
        }
        let host = issuer.url.dropFirst("https://".count)
        let configuration = """
            [credential "\(issuer.url)"]
                oauthClientId = git
                oauthAuthURL = /oauth2/authorize
                oauthTokenURL = /oauth2/token
                oauthScopes = openid
            """
        try Data(configuration.utf8).write(to: URL(filePath: folder.file("gitconfig")))
        let input = folder.file("asked-of-git")
        try Data("protocol=https\nhost=\(host)\n\n".utf8).write(to: URL(filePath: input))
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        return try ChildProcess(
            [ApplicationPackages.gitCredentialOAuth.program, "-verbose", "get"],
            environment: [
                "PATH": programs + ":" + path, "GIT_CONFIG_GLOBAL": folder.file("gitconfig"), "HOME": folder.path,
                "SSL_CERT_FILE": issuer.authority ?? "", "NO_PROXY": "*",
            ], input: input, output: output, error: log)
    }
}
