import Foundation
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// People on the server's pages, in headless Chromium: each way with scripts on and off. A page that breaks its own
/// policy, that axe finds fault with, or that scrolls sideways fails the way that comes there.
@Suite(.enabled(if: ChromiumPages.mayRun, "Scripts/test installs Chromium and the packages that drive it"))
struct ChromiumTests {
    @Test(arguments: ChromiumPages.ways, [true, false])
    func `each way holds`(way: String, scripts: Bool) async throws {
        let port = try ServerProcess.freePort()
        let issuer = "http://localhost:\(port)"
        try await withServer(["listen": "127.0.0.1:\(port)", "issuer": issuer]) { server in
            let pages = try await ChromiumPages(server, issuer: issuer)
            let (status, text) = try await pages.go(way, scripts: scripts)
            #expect(status == 0, "\(way), scripts \(scripts): \(text.suffix(4000))")
        }
    }
}

/// The programs of Tests/Python/pages, and what they need of a server.
struct ChromiumPages {
    /// As the program names them.
    static let ways = [
        "sign_in", "cancel", "new_password", "another_account", "device", "form_post", "errors", "account", "watch",
    ]
    private static let python = Language.root.appending(path: ".build/pages/bin/python").path

    /// Where `Scripts/test` has just installed everything, a missing program is a failure.
    static var mayRun: Bool {
        ProcessInfo.processInfo.environment["LATCHKEY_REQUIRE_BROWSER"] == "1"
            || [python, "/usr/bin/chromedriver"].allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }
    }

    private struct Settings: Encodable, Sendable {
        let issuer: String
        let folder: String
        let password: String
        let secret: String
        let client: Int
        let third: Int
        var scripts = true
    }

    private let folder: TemporaryFolder
    private let settings: Settings

    init(_ server: TestServer, issuer: String) async throws {
        folder = server.folder
        let client = try ServerProcess.freePort()
        let secret = try await Self.fill(server, port: client)
        settings = Settings(
            issuer: issuer, folder: server.folder.path, password: TestServer.password, secret: secret, client: client,
            third: try ServerProcess.freePort())
    }

    private static func fill(_ server: TestServer, port: Int) async throws -> String {
        for name in ["ada", "cleo"] {
            var profile = ProfileDraft()
            profile.email = .set("\(name)@example.com")
            profile.displayName = .set("\(name.capitalized) Example")
            _ = try await server.services.users.create(
                name: name, password: Password(TestServer.password), profile: profile, actor: .operator)
        }
        try await server.addUser("bob", mustChange: true)
        try await server.addClient("house")
        var device = ClientDraft(id: try #require(ClientID("device")), kind: .public)
        device.settings.redirectURIs = ["http://127.0.0.1/device", "com.example.device:/done"]
        device.settings.consent = .never
        _ = try await server.services.clients.create(device, actor: .operator)
        var orders = ClientDraft(id: try #require(ClientID("orders")), kind: .confidential)
        orders.settings.name = "Orders"
        orders.settings.redirectURIs = ["http://127.0.0.1:\(port)/callback"]
        return try #require(try await server.services.clients.create(orders, actor: .operator).secret).text
    }

    /// Goes one of the ways.
    /// - Returns: the exit status, and what the program said.
    func go(_ way: String, scripts: Bool) async throws -> (Int32, String) {
        var settings = settings
        settings.scripts = scripts
        let text = String(decoding: try JSONEncoder().encode(settings), as: UTF8.self)
        let log = folder.file("chromium.log")
        let program = Language.python.programs.appending(path: "pages/pages.py").path
        let child = try ChildProcess(
            [Self.python, program, way, text],
            environment: ["PYTHONDONTWRITEBYTECODE": "1", "HOME": folder.path, "NO_PROXY": "*"], output: log,
            error: log)
        let status = try await child.exit()
        return (status, (try? String(contentsOfFile: log, encoding: .utf8)) ?? "")
    }
}
