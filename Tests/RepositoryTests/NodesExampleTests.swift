import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import latchkey

/// The example of three nodes in `Config/nodes`, as far as it can be checked without containers. Whole nodes behind its
/// nginx are tested elsewhere.
struct NodesExampleTests {
    private static func path(_ name: String) -> String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Config/nodes/\(name)").path
    }

    private static func text(_ name: String) throws -> String {
        try String(contentsOfFile: path(name), encoding: .utf8)
    }

    @Test func `every file that the example mounts is there, but for the secrets that it says how to make`() throws {
        let compose = try Self.text("compose.yaml")
        let mounted = Set(compose.matches(of: /\.\/([a-z.]+):\//).map { String($0.output.1) })
        let secrets: Set = ["master.key", "postgres.password"]
        #expect(mounted.isSuperset(of: secrets) && mounted.count > secrets.count)
        for name in mounted.subtracting(secrets) {
            #expect(FileManager.default.fileExists(atPath: Self.path(name)), "\(name)")
        }
        for name in secrets { #expect(compose.contains("> \(name)\n") || compose.contains("> \(name) "), "\(name)") }
    }

    @Test func `each node of the example is behind its nginx, and reads its files where they are mounted`() throws {
        let compose = try Self.text("compose.yaml")
        let nodes = compose.matches(of: /\n  (node\d):\n    <<: \*node/).map { String($0.output.1) }
        #expect(nodes == ["node1", "node2", "node3"])
        let nginx = try Self.text("nginx.conf")
        #expect(nginx.matches(of: /server (node\d):8080\b/).map { String($0.output.1) } == nodes)
        let command = try #require(compose.firstMatch(of: /command: \[serve, (.*)\]/)).output.1
        let words = ["serve"] + command.split(separator: ", ").map(String.init)
        #expect(try Latchkey.parseAsRoot(words) is ServeCommand)
        #expect(compose.matches(of: #/ro"\]/#).count >= nodes.count)
        for line in try Self.text("node.yaml").matches(of: /_file: (\S+)/) {
            #expect(compose.contains(":\(line.output.1):ro"), "\(line.output.1)")
        }
    }

    @Test func `the nodes' configuration has known keys alone, and no password`() throws {
        let values = try ConfigurationValues.read(ConfigurationSources(file: Self.path("node.yaml")))
        #expect(values.warnings.isEmpty)
        let text = try Self.text("node.yaml")
        #expect(!text.contains("password=") && !text.contains(/:[^\/ ]+@/))
    }

    #if Postgres
        @Test func `the program accepts the nodes' configuration`() async throws {
            let folder = try TemporaryFolder()
            let settings = try await EffectiveSettings.load(ConfigurationSources(file: Self.path("node.yaml")))
            guard case .postgres(let database) = settings.database else {
                Issue.record("the nodes do not serve from PostgreSQL")
                return
            }
            #expect(database.passwordFile == "/run/secrets/postgres")
            let key = folder.file("master.key")
            let password = folder.file("password")
            try Data("a password\n".utf8).write(to: URL(fileURLWithPath: password))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: password)
            let out = folder.file("out")
            let made = try ChildProcess(["openssl", "rand", "-base64", "32"], output: key)
            try #require(try await made.exit() == 0)
            let check = try ChildProcess(
                [
                    ServerProcess.binary, "config", "check", "--config", Self.path("node.yaml"), "--data-dir",
                    folder.path,
                ],
                environment: ["LATCHKEY_MASTER_KEY_FILE": key, "LATCHKEY_POSTGRES_PASSWORD_FILE": password],
                output: out, error: out)
            let code = try await check.exit()
            let said = try String(contentsOfFile: out, encoding: .utf8)
            #expect(code == 0 && said.contains("The configuration is valid."), "\(said)")
        }
    #endif

    @Test(.enabled(if: NginxProcess.binary != nil, "\(NginxProcess.whereFrom)"))
    func `nginx accepts its part of the example`() async throws {
        let folder = try TemporaryFolder()
        // The names of the nodes mean something inside the example alone.
        let text = try Self.text("nginx.conf").replacing(/server node\d:/, with: "server 127.0.0.1:")
            .replacing("access_log off;", with: "access_log off; client_body_temp_path \(folder.path)/body;")
        try Data(text.utf8).write(to: URL(filePath: folder.file("nginx.conf")))
        let out = folder.file("out")
        let check = try ChildProcess(
            [
                try #require(NginxProcess.binary), "-t", "-p", folder.path, "-c", folder.file("nginx.conf"), "-e", out,
                "-g", "pid \(folder.path)/pid;",
            ], output: out, error: out)
        #expect(try await check.exit() == 0, "\((try? String(contentsOfFile: out, encoding: .utf8)) ?? "")")
    }
}
