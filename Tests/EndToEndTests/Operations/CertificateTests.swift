import Foundation
import InMemoryLogging
import LatchkeyCore
import LatchkeyHTTP
import LatchkeyTokens
import Logging
import Synchronization
import TestConditions
import TestSupport
import Testing

/// What is said of the TLS files: by `config check`, in the log, by `/readyz` and in the metrics.
@Suite(.endsHang)
struct CertificateTests {
    /// A certificate for localhost with its key, and what is needed to make more of them.
    private struct Files {
        let folder: TemporaryFolder
        var certificate: String { folder.file("cert.pem") }
        var key: String { folder.file("key.pem") }

        init() async throws {
            folder = try TemporaryFolder()
            let configuration = """
                [ca]
                default_ca = here
                [here]
                database = \(folder.file("index"))
                new_certs_dir = \(folder.path)
                rand_serial = yes
                unique_subject = no
                default_md = sha256
                policy = names
                [names]
                commonName = supplied
                """
            try Data(configuration.utf8).write(to: URL(filePath: folder.file("ca.cnf")))
            try Data().write(to: URL(filePath: folder.file("index")))
            try await run(
                "openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                "/CN=localhost", "-keyout", key, "-out", folder.file("request.pem"))
        }

        /// From and until so many days from now.
        func make(from start: Int, until end: Int) async throws {
            let dates = [start, end].map { days in
                let parts = Date.now.addingTimeInterval(Double(days) * 86_400 + 60).formatted(.iso8601)
                return String(parts.filter { $0.isNumber }) + "Z"
            }
            try await run(
                "openssl", "ca", "-batch", "-notext", "-config", folder.file("ca.cnf"), "-selfsign", "-keyfile", key,
                "-in", folder.file("request.pem"), "-startdate", dates[0], "-enddate", dates[1], "-out", certificate)
        }

        private func run(_ command: String...) async throws {
            let log = folder.file("openssl.log")
            let status = try await ChildProcess(command, output: log, error: log).exit()
            let text = try String(contentsOfFile: log, encoding: .utf8)
            try #require(status == 0, "\(text)")
        }

        var configuration: [String: String] { ["tls.certificate": certificate, "tls.private_key": key] }
    }

    private func check(_ files: Files, certificate: String? = nil, key: String? = nil) async throws -> BinaryRun {
        try await BinaryRun(
            ["config", "check", "--data-dir", files.folder.file("data")], in: files.folder,
            environment: [
                "LATCHKEY_TLS_CERTIFICATE": certificate ?? files.certificate,
                "LATCHKEY_TLS_PRIVATE_KEY": key ?? files.key,
            ])
    }

    // MARK: config check

    @Test func `config check reads the files as the server does`() async throws {
        let files = try await Files()
        try await files.make(from: -1, until: 90)
        let good = try await check(files)
        #expect(good.status == 0 && !good.output.contains("Warning: The TLS"), "\(good.output)")

        let missing = files.folder.file("missing.pem")
        let broken = files.folder.file("broken.pem")
        try Data("-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n".utf8).write(to: URL(filePath: broken))
        let empty = files.folder.file("empty.pem")
        try Data().write(to: URL(filePath: empty))
        let other = try await Files()
        let cases = [
            (missing, files.key, "The TLS certificate \(missing) cannot be read: No such file or directory."),
            (files.certificate, missing, "The TLS private key \(missing) cannot be read: No such file or directory."),
            (files.folder.path, files.key, files.folder.path), (broken, files.key, broken), (empty, files.key, empty),
            (files.certificate, broken, "The TLS private key \(broken) cannot be read as unencrypted PEM."),
            (files.certificate, other.key, "The TLS private key \(other.key) does not belong to \(files.certificate)."),
        ]
        for (certificate, key, sentence) in cases {
            let run = try await check(files, certificate: certificate, key: key)
            #expect(run.status == 1, "\(certificate) \(key)")
            #expect(run.output.contains(sentence), "\(run.output)")
            #expect(!run.output.contains("is good"))
        }
    }

    @Test(arguments: [
        (-20, -2, 1, "The TLS certificate expired "), (2, 90, 1, "The TLS certificate is not valid before "),
        (-80, 0, 0, "Warning: The TLS certificate expires "), (-80, 13, 0, "in 13 days. Renew it."),
    ])
    func `config check tells a certificate that clients refuse, or soon will`(
        from: Int, until: Int, status: Int32, sentence: String
    ) async throws {
        let files = try await Files()
        try await files.make(from: from, until: until)
        let run = try await check(files)
        #expect(run.status == status, "\(run.output)")
        #expect(run.output.contains(sentence), "\(run.output)")
    }

    // MARK: The running server

    @Test(
        arguments: [(-20, -2, "expired"), (-80, 13, "expires"), (2, 90, "is not valid before"), (-1, 90, nil)]
            as [(Int, Int, String?)])
    func `a server tells when its certificate ends, and stays ready`(
        from: Int, until: Int, word: String?
    ) async throws {
        let files = try await Files()
        try await files.make(from: from, until: until)
        try await withServer(files.configuration) { server in
            let ready = try await server.overSocket.get("/readyz")
            #expect(ready.status == 200)
            let check = ready.json.object?["checks"]?.array?.compactMap(\.object)
                .first { $0["name"]?.string == "tls_certificate" }
            #expect(check?["ok"]?.bool == true)
            let detail = check?["detail"]?.string
            #expect(
                word.map { detail?.contains("The TLS certificate \($0) ") ?? false } ?? (detail == nil),
                "\(detail ?? "")")
            let metrics = try await server.overSocket.get("/metrics").text.split(separator: "\n")
            let line = try #require(metrics.first { $0.hasPrefix("latchkey_tls_certificate_not_after_seconds ") })
            let end = try #require(Double(line.split(separator: " ")[1]))
            #expect(abs(end - Date.now.timeIntervalSince1970 - Double(until) * 86_400) < 3600)
            // The reloader begins beside the listeners.
            try await eventually("a warning") { word == nil || !warnings(server).isEmpty }
            #expect(warnings(server).isEmpty == (word == nil))
        }
    }

    @Test func `a certificate that ends soon is warned of each time the files are read`() async throws {
        let files = try await Files()
        try await files.make(from: -1, until: 13)
        let identity = try TLSIdentity(certificatePath: files.certificate, privateKeyPath: files.key)
        let log = InMemoryLogHandler()
        let reloader = CertificateReloader(identity: identity, logger: Logger(label: "test") { _ in log })
        reloader.reload(force: false)
        #expect(log.entries.isEmpty, "nothing has changed")
        reloader.reload(force: true)
        #expect(log.entries.map(\.level) == [.info, .warning])
        try await files.make(from: -1, until: 90)
        reloader.reload(force: true)
        #expect(log.entries.map(\.level) == [.info, .warning, .info], "the new one is good")
    }

    @Test func `a certificate that ends soon is warned of at the start and then once a day`() async throws {
        let files = try await Files()
        try await files.make(from: -1, until: 13)
        let identity = try TLSIdentity(certificatePath: files.certificate, privateKeyPath: files.key)
        let log = InMemoryLogHandler()
        let clock = TestClock(.wallClock)
        let looks = Counter()
        let counting = Clock(
            now: {
                looks.count.add(1, ordering: .relaxed)
                return clock.now
            }, sleep: clock.clock.sleep)
        let reloader = CertificateReloader(
            identity: identity, interval: .milliseconds(1), clock: counting,
            logger: Logger(label: "test") { _ in log })
        let running = Task { try await reloader.run() }
        for day in 1...3 {
            try await eventually("the day's warning") { log.entries.count >= day }
            clock.advance(by: .seconds(86_399))
            let before = looks.count.load(ordering: .relaxed)
            try await eventually("twenty looks") { looks.count.load(ordering: .relaxed) >= before + 20 }
            #expect(log.entries.count == day, "the day is not over")
            clock.advance(by: .seconds(1))
        }
        running.cancel()
        try await running.value
        #expect(log.entries.allSatisfy { $0.level == .warning })
    }

    @Test func `without TLS nothing is said of certificates`() async throws {
        try await withServer { server in
            let (ready, metrics) = try await (server.overSocket.get("/readyz"), server.overSocket.get("/metrics"))
            #expect(!ready.text.contains("tls_certificate") && !metrics.text.contains("latchkey_tls_certificate"))
        }
    }

    private final class Counter: Sendable {
        let count = Atomic(0)
    }

    private func warnings(_ server: TestServer) -> [Logger.Metadata] {
        server.logs.entries.filter { $0.level == .warning && "\($0.message)" == "TLS certificate needs attention" }
            .map(\.metadata)
    }

    // MARK: The rule

    @Test func `a certificate is worth a warning from fourteen days before its end on`() {
        let day: Int64 = 86_400
        let validity = CertificateValidity(
            notBefore: Timestamp(seconds: 100 * day), notAfter: Timestamp(seconds: 200 * day))
        func state(_ seconds: Int64) -> CertificateValidity.State { validity.state(at: Timestamp(seconds: seconds)) }
        #expect(state(100 * day - 1) == .notYet && state(100 * day) == .good)
        #expect(state(186 * day) == .good && state(186 * day + 1) == .endsSoon)
        #expect(state(200 * day) == .endsSoon && state(200 * day + 1) == .over)
    }
}
