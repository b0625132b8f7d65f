import Foundation
import HTTPTypes
import InMemoryLogging
import LatchkeyHTTP
import Logging
import NIOCore
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
            }
        }
    }

    @Test func `plain HTTP on an address that speaks TLS is refused with the reason, and logged once`() async throws {
        try await withTemporaryFolder { folder in
            let files = Files(folder: folder)
            try await files.makeCertificate(files.certificate, files.key)
            let identity = try TLSIdentity(certificatePath: files.certificate, privateKeyPath: files.key)
            let log = InMemoryLogHandler()
            let logger = Logger(label: "test") { _ in log }
            try await ServerFixture.run([.tcp(host: "127.0.0.1", port: 0)], tls: identity, logger: logger) { server in
                for request in ["GET /who HTTP/1.1\r\nHost: a", "POST /echo HTTP/1.0", "NONSENSE"] {
                    let answer = try await RawConnection.exchange(request + "\r\n\r\n", port: server.port)
                    #expect(answer.status == 400)
                    #expect(answer.body == "problem invalid_request")
                    #expect(answer.header("Connection") == "close")
                }
                // Nothing that TLS would begin with, and nothing that HTTP would: no answer in plain text.
                let other = try await RawConnection.exchange("hello\r\n\r\n", port: server.port)
                #expect(!other.contains("HTTP/1.1"))
                let (_, served) = try await files.fetch(server.port, trusting: files.certificate)
                #expect(served.hasSuffix("200 2"))
            }
            let lines = log.entries.filter { "\($0.message)".contains("Plain HTTP was sent") }
            #expect(lines.count == 1)
            #expect(lines.first?.level == .warning)
        }
    }

    @Test(
        arguments: [
            (Array(repeating: 7500, count: 3), "127.0.0.1 false true false 200 2"),
            (Array(repeating: 1, count: 300), "problem headers_too_large 431 2"),
            ([30_000], "problem headers_too_large 431 2"),
            (Array(repeating: 7500, count: 5), "problem headers_too_large 431 2"),
            (Array(repeating: 7000, count: 4), "127.0.0.1 false true false 200 2"),
            (Array(repeating: 1, count: 90), "127.0.0.1 false true false 200 2"),
            ([16_000], "127.0.0.1 false true false 200 2"),
        ] as [([Int], String)])
    func `the limits of a request's head are the same over HTTP 2`(fields: [Int], expected: String) async throws {
        try await withTemporaryFolder { folder in
            let files = Files(folder: folder)
            try await files.makeCertificate(files.certificate, files.key)
            let identity = try TLSIdentity(certificatePath: files.certificate, privateKeyPath: files.key)
            try await ServerFixture.run([.tcp(host: "127.0.0.1", port: 0)], tls: identity) { server in
                let headers = fields.enumerated().flatMap { index, length in
                    ["-H", "X-\(index): " + String(repeating: "x", count: length)]
                }
                let (status, answer) = try await files.fetch(server.port, trusting: files.certificate, headers)
                #expect(status == 0)
                #expect(answer == expected)
                let (reset, old) = try await files.fetch(
                    server.port, trusting: files.certificate, headers + ["--http1.1"])
                // A connection that ends while the request is still being sent may take the answer with it.
                if reset == 0 { #expect(old.dropLast(4) == answer.dropLast(2)) }
            }
        }
    }

    @Test func `a long answer arrives whole over TLS, on both versions`() async throws {
        let long = ByteBuffer(repeating: UInt8(ascii: "x"), count: 3_000_001)
        let route = Route.open(.get, "/long", operation: "long") { _, _ in
            Response(status: .ok, body: long)
        }
        try await withTemporaryFolder { folder in
            let files = Files(folder: folder)
            try await files.makeCertificate(files.certificate, files.key)
            let identity = try TLSIdentity(certificatePath: files.certificate, privateKeyPath: files.key)
            try await ServerFixture.run([.tcp(host: "127.0.0.1", port: 0)], routes: [route], tls: identity) { server in
                for version in ["--http1.1", "--http2"] {
                    let url = "https://localhost:\(server.port)/long"
                    // Twice on one connection.
                    let (status, answer) = try await runProgram([
                        "curl", "-s", version, "--cacert", files.certificate, url, url,
                    ])
                    #expect(status == 0)
                    #expect(answer.utf8.count == 6_000_002)
                }
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
}
