import Foundation
import InMemoryLogging
import LatchkeyHTTP
import Logging
import Testing

/// TLS with HTTP/2, and certificates that change under a running server. The client is curl: none of our code.
@Suite struct TLSTests {
    struct Files: Sendable {
        let folder: String
        var certificate: String { folder + "/cert.pem" }
        var key: String { folder + "/key.pem" }
        var trusted: String { folder + "/trusted.pem" }

        func makeCertificate(_ certificate: String, _ key: String) async throws {
            let made = try await runProgram([
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                "-keyout", key, "-out", certificate,
            ])
            try #require(made.status == 0)
        }

        func fetch(_ port: Int, trusting certificate: String, _ options: [String] = []) async throws -> (Int32, String)
        {
            try await runProgram(
                ["curl", "-s", "--cacert", certificate, "-w", " %{http_code} %{http_version}"] + options
                    + ["https://localhost:\(port)/who"]
            )
        }

        func post(_ port: Int, _ options: [String], _ input: Data? = nil) async throws -> String {
            let arguments = ["curl", "-s", "--cacert", certificate, "-w", " %{http_code} %{http_version}"] + options
            return try await runProgram(arguments + ["https://localhost:\(port)/echo"], input: input).output
        }
    }

    @Test func `HTTP 2 and HTTP 1 are served over TLS`() async throws {
        try await withTemporaryFolder { folder in
            let files = Files(folder: folder)
            try await files.makeCertificate(files.certificate, files.key)
            let identity = try TLSIdentity(certificatePath: files.certificate, privateKeyPath: files.key)
            try await ServerFixture.run([.tcp(host: "127.0.0.1", port: 0)], tls: identity) { server in
                let (_, http2) = try await files.fetch(server.port, trusting: files.certificate)
                #expect(http2 == "127.0.0.1 false true false 200 2")
                let (_, http1) = try await files.fetch(server.port, trusting: files.certificate, ["--http1.1"])
                #expect(http1 == "127.0.0.1 false true false 200 1.1")
                let (status, _) = try await runProgramStatus(["curl", "-s", "http://localhost:\(server.port)/who"])
                #expect(status != 0)
            }
        }
    }

    @Test func `limits hold over HTTP 2`() async throws {
        try await withTemporaryFolder { folder in
            let files = Files(folder: folder)
            try await files.makeCertificate(files.certificate, files.key)
            let big = folder + "/big"
            let bigFile = URL(fileURLWithPath: big)
            try Data(repeating: 0x78, count: 65_537).write(to: bigFile)
            let identity = try TLSIdentity(certificatePath: files.certificate, privateKeyPath: files.key)
            try await ServerFixture.run([.tcp(host: "127.0.0.1", port: 0)], tls: identity) { server in
                let port = server.port
                let refused = "problem payload_too_large 413 2"
                let declared = try await files.post(port, ["--data-binary", "@" + big])
                #expect(declared == refused)
                // An upload from standard input has no Content-Length.
                let streamed = try await files.post(port, ["-X", "POST", "-T", "-"], Data(contentsOf: bigFile))
                #expect(streamed == refused)
                let deleted = try await files.post(port, ["-X", "DELETE"])
                #expect(deleted == "problem method_not_allowed 405 2")
                let accepted = try await files.post(port, ["--data-binary", "fine"])
                #expect(accepted == "fine 200 2")
            }
        }
    }

    @Test func `a new certificate is served to new connections, a broken one is not`() async throws {
        try await withTemporaryFolder { folder in
            let files = Files(folder: folder)
            try await files.makeCertificate(files.certificate, files.key)
            let identity = try TLSIdentity(certificatePath: files.certificate, privateKeyPath: files.key)
            let log = InMemoryLogHandler()
            let reloader = CertificateReloader(identity: identity, logger: Logger(label: "test") { _ in log })
            try await ServerFixture.run([.tcp(host: "127.0.0.1", port: 0)], tls: identity) { server in
                #expect(identity.reload() == .unchanged)
                try await files.makeCertificate(files.certificate, files.key)
                try FileManager.default.copyItem(atPath: files.certificate, toPath: files.trusted)
                let before = try await files.fetch(server.port, trusting: files.trusted)
                #expect(before.0 != 0)
                #expect(identity.reload() == .reloaded)
                let after = try await files.fetch(server.port, trusting: files.trusted)
                #expect(after.0 == 0)

                try Data("broken".utf8).write(to: URL(fileURLWithPath: files.certificate))
                reloader.reload(force: false)
                reloader.reload(force: false)
                let kept = try await files.fetch(server.port, trusting: files.trusted)
                #expect(kept.0 == 0)
            }
            #expect(log.entries.filter { $0.level == .error }.count == 1)
        }
    }

    @Test func `a key that belongs to another certificate is refused at the start`() async throws {
        try await withTemporaryFolder { folder in
            let files = Files(folder: folder)
            try await files.makeCertificate(files.certificate, files.key)
            try await files.makeCertificate(files.trusted, folder + "/other-key.pem")
            #expect(throws: TLSIdentityError.self) {
                try TLSIdentity(certificatePath: files.certificate, privateKeyPath: folder + "/other-key.pem")
            }
            #expect(throws: TLSIdentityError.self) {
                try TLSIdentity(certificatePath: folder + "/missing.pem", privateKeyPath: files.key)
            }
        }
    }

    private func runProgramStatus(_ arguments: [String]) async throws -> (Int32, String) {
        let result = try await runProgram(arguments)
        return (result.status, result.output)
    }
}
