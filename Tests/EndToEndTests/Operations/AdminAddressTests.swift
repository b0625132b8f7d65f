import Foundation
import InMemoryLogging
import TestSupport
import Testing

/// `admin.listen` beside `tls`.
struct AdminAddressTests {
    @Test(arguments: [(nil, true), ("true", false)] as [(String?, Bool)])
    func `beside TLS the admin API speaks plain HTTP on loopback unless told otherwise`(
        setting: String?, isPlain: Bool
    ) async throws {
        let folder = try TemporaryFolder()
        let (certificate, key) = (folder.file("cert.pem"), folder.file("key.pem"))
        let maker = try ChildProcess([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=localhost", "-keyout", key, "-out", certificate,
        ])
        try #require(try await maker.exit() == 0)
        let port = try ServerProcess.freePort()
        var configuration = [
            "tls.certificate": certificate, "tls.private_key": key, "admin.listen": "127.0.0.1:\(port)",
            "issuer": "https://localhost:8443",
        ]
        configuration["admin.tls"] = setting
        try await withServer(configuration) { server in
            let answer = try await TestHTTP(base: "http://127.0.0.1:\(port)").get("/metrics")
            #expect(answer.status == (isPlain ? 200 : 400))
            // The public address speaks TLS, and says so to whoever does not.
            let refused = try await server.http.get("/healthz")
            #expect(refused.status == 400)
            #expect(refused["detail"]?.contains("https") == true)
            let warnings = server.logs.entries.filter { "\($0.message)".contains("Plain HTTP was sent") }
            #expect(warnings.count == (isPlain ? 1 : 2))
        }
    }
}
