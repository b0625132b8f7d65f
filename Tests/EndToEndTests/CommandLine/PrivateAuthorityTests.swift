import Foundation
import LatchkeyCore
import LatchkeyTokens
import LatchkeyVerifier
import TestConditions
import TestSupport
import Testing

/// Servers whose certificates come from an authority of one's own: refused unless it is named, with the reason.
struct PrivateAuthorityTests {
    /// An authority made by the `openssl` tool, and what it signed.
    struct Authority: Sendable {
        let folder: TemporaryFolder
        var certificate: String { folder.file("ca.pem") }

        init() async throws {
            folder = try TemporaryFolder()
            try await openssl(
                ["req", "-x509", "-days", "2", "-subj", "/CN=A CA of our own", "-keyout", folder.file("ca.key")]
                    + ["-out", certificate] + Self.newKey)
        }

        private static let newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

        /// - Parameter days: of life; negative for one that has expired.
        /// - Returns: certificate and key.
        func issue(_ names: String, days: Int = 2) async throws -> (certificate: String, key: String) {
            let name = UUID().uuidString
            let (request, key, certificate) = (
                folder.file(name + ".csr"), folder.file(name), folder.file(name + ".pem")
            )
            try await openssl(
                ["req", "-subj", "/CN=latchkey", "-addext", "subjectAltName=" + names, "-keyout", key, "-out", request]
                    + Self.newKey)
            try await openssl([
                "x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", folder.file("ca.key"),
                "-CAcreateserial", "-copy_extensions", "copy", "-days", "\(days)", "-out", certificate,
            ])
            return (certificate, key)
        }

        private func openssl(_ arguments: [String]) async throws {
            let log = folder.file("openssl.log")
            let child = try ChildProcess(["openssl"] + arguments, output: log, error: log)
            let status = try await child.exit()
            try #require(status == 0, "\((try? String(contentsOfFile: log, encoding: .utf8)) ?? "")")
        }
    }

    /// A server on TLS that calls itself by its URL.
    private func withTLS(
        _ authority: Authority, _ names: String = "DNS:localhost", days: Int = 2,
        _ body: @Sendable (TestServer, _ port: Int) async throws -> Void
    ) async throws {
        let files = try await authority.issue(names, days: days)
        let port = try ServerProcess.freePort()
        try await withServer([
            "listen": "127.0.0.1:\(port)", "issuer": "https://localhost:\(port)", "tls.certificate": files.certificate,
            "tls.private_key": files.key,
        ]) { server in
            try await server.addUser()
            try await server.addClient(audiences: [VerifierService.audience])
            try await body(server, port)
            // The server has to see that verifiers of another process have gone.
            try await eventually("they have gone") { server.services.feed.waiting == 0 }
        }
    }

    /// Without a server on the data directory, so that the URL alone counts.
    private func login(
        _ url: String, _ options: [String] = [], environment: [String: String] = [:]
    ) async throws -> CommandRun {
        let fixture = try CommandLineFixture()
        return try await fixture.run(
            ["token", "login", "--url", url, "--client", "spa", "--user", "ada", "--password-stdin", "--access-token"]
                + options + ["--data-dir", fixture.folder.path],
            input: TestServer.password + "\n", environment: environment)
    }

    @Test func `a private authority is refused, unless it is named by a flag or in the environment`() async throws {
        let (authority, other) = (try await Authority(), try await Authority())
        try await withTLS(authority) { _, port in
            let url = "https://localhost:\(port)"
            let refused = try await login(url)
            #expect(refused.code == 1 && refused.output.isEmpty)
            #expect(
                refused.error.contains(
                    "the certificate of localhost:\(port) is from an authority that is not trusted here: name your own "
                        + "with --ca FILE or SSL_CERT_FILE"), "\(refused.error)")
            #expect(try await login(url, ["--ca", other.certificate]).error.contains("is not trusted here"))
            let accepted = try await login(url, ["--ca", authority.certificate])
            #expect(accepted.code == 0, "\(accepted.error)")
            let variable = ["SSL_CERT_FILE": authority.certificate]
            #expect(try await login(url, environment: variable).code == 0)
            #expect(try await login(url, ["--ca", other.certificate], environment: variable).code == 1)

            let fixture = try CommandLineFixture()
            for options in [["--url", url], ["--issuer", url]] {
                let verify = ["token", "verify", "--audience", "any", "--data-dir", fixture.folder.path] + options
                #expect(try await fixture.run(verify, input: accepted.output).code == 1)
                let verified = try await fixture.run(verify + ["--ca", authority.certificate], input: accepted.output)
                #expect(verified.code == 0, "\(verified.error)")
            }
        }
    }

    @Test func `a wrong name, an expired certificate and plain HTTP are told apart`() async throws {
        let authority = try await Authority()
        let trusting = ["--ca", authority.certificate]
        try await withTLS(authority, "DNS:auth.example.com,IP:127.0.0.2") { _, port in
            let name = try await login("https://localhost:\(port)", trusting).error
            #expect(
                name.contains(
                    "the certificate of localhost:\(port) is not for the name localhost, but for auth.example.com, "
                        + "127.0.0.2"), "\(name)")
            let address = try await login("https://127.0.0.1:\(port)", trusting).error
            #expect(address.contains("is not for the name 127.0.0.1"), "\(address)")
            let plain = try await login("http://localhost:\(port)", trusting).error
            #expect(plain.contains("This address speaks TLS: use https."), "\(plain)")
        }
        try await withTLS(authority, days: -1) { _, port in
            let old = try await login("https://localhost:\(port)", trusting).error
            #expect(old.contains("has expired"), "\(old)")
        }
    }

    @Test func `a file that holds no authority is named before anything is sent`() async throws {
        let fixture = try CommandLineFixture()
        let text = fixture.folder.file("notes.txt")
        try Data("no certificate".utf8).write(to: URL(filePath: text))
        let url = "https://localhost:1"
        #expect(try await login(url, ["--ca", text]).error.contains("\(text) holds no certificate"))
        #expect(try await login(url, ["--ca", text + "x"]).error.contains("\(text)x cannot be read"))
        #expect(try await login(url, environment: ["SSL_CERT_FILE": text]).error.contains("holds no certificate"))
    }

    @Test func `the Swift verifier and the probe trust what they are told to`() async throws {
        let authority = try await Authority()
        try await withTLS(authority) { server, port in
            let url = "https://localhost:\(port)"
            let token = try await login(url, ["--ca", authority.certificate]).output
                .trimmingCharacters(in: .newlines)
            for roots in [TrustRoots.system, .file(authority.certificate)] {
                var configuration = TokenVerifier.Configuration(issuer: url, audience: VerifierService.audience)
                configuration.trustRoots = roots
                let verifier = TokenVerifier(configuration)
                await withTaskGroup { group in
                    group.addTask { await verifier.run() }
                    let isTrusted = roots != .system
                    #expect(await verifier.waitUntilReady(for: .seconds(isTrusted ? 600 : 2)) == isTrusted)
                    let verdict = Result { () throws(VerificationError) in try verifier.verifyNow(token) }
                    let isAccepted = (try? verdict.get()) != nil
                    #expect(isAccepted == isTrusted)
                    group.cancelAll()
                }
            }
            let fixture = try CommandLineFixture()
            let probe = try await fixture.run(
                "probe", "revocation", "--url", url, "--client", "spa", "--user", "ada", "--password-stdin",
                "--verifiers", "2", "--rounds", "1", "--warm-up", "0", "--mode", "long-poll", "--max", "10m", "--ca",
                authority.certificate, input: TestServer.password + "\n")
            #expect(probe.code == 0, "\(probe.error)")
        }
    }

    @Test(arguments: Language.allCases)
    func `a verifier in another language trusts what it is told to, and says what is wrong`(
        language: Language
    ) async throws {
        let authority = try await Authority()
        try await withTLS(authority) { server, port in
            let url = "https://localhost:\(port)"
            let token = try await login(url, ["--ca", authority.certificate]).output
                .trimmingCharacters(in: .newlines)
            let failure = await #expect(throws: ChildProcess.Failure.self) {
                // Node has a variable that switches the check off for a whole program.
                try await VerifierService(
                    language, issuer: url, log: server.folder, environment: ["NODE_TLS_REJECT_UNAUTHORIZED": "0"])
            }
            #expect(try #require(failure?.description).contains("shows a certificate that is not trusted"))
            let named = try await VerifierService(
                language, issuer: url, log: server.folder, authority: authority.certificate)
            #expect(try await named.judge(token) == "ok")
            let variable = ["SSL_CERT_FILE": authority.certificate]
            let other = try await VerifierService(
                language, issuer: url, log: server.folder, environment: variable)
            #expect(try await other.judge(token) == "ok")
        }
    }
}
