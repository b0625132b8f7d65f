import Foundation
import TestSupport
import Testing

/// The real program at log level debug, through everything that handles a secret, with secrets also where nobody should
/// put them. Afterwards neither the logs nor the database contain any of them.
struct SecretsTests {
    @Test func `no log and no database file contains a secret`() async throws {
        let program = try CommandLineFixture()
        let folder = program.folder
        var planted = PlantedSecrets()
        let server = try await ServerProcess(folder: folder, port: try ServerProcess.freePort())
        let http = server.http

        let password = planted.plant("password")
        _ = try await command(
            ["user", "add", "ada", "--admin", "--password-stdin"], program, input: password + "\n", into: &planted)
        _ = try await command(
            [
                "client", "add", "spa", "--public", "--first-party", "--origin", PlantedSecrets.origin,
                "--redirect-uri", PlantedSecrets.origin + "/latchkey/callback", "--login-uri",
                PlantedSecrets.origin + "/login", "--scope",
                "openid",
                "--scope",
                "latchkey:account", "--scope", "latchkey:admin",
            ], program, into: &planted)
        try await useSessions(http, password: password, &planted)
        try await useClientSecrets(http, program, &planted)
        try await importKey(http, program, &planted)
        let latest = try await changePasswords(http, program, password, &planted)
        try await misplace(http, password: latest, &planted)
        try await administer(http, password: latest, &planted)
        planted.traces += try masterKeys(folder)

        // While it runs, with the write-ahead log, and once more when the file is all there is.
        try await expectNoTraces(planted, folder, log: server.logPath, stage: "running", needsLog: true)
        #expect(try await server.terminate() == 0)
        let again = try await ServerProcess(folder: folder, port: try ServerProcess.freePort())
        #expect(try await login(again.http, latest).status == 200)
        #expect(try await again.terminate() == 0)
        try await expectNoTraces(planted, folder, log: server.logPath, stage: "stopped", needsLog: false)
    }

    // MARK: What is looked for

    /// Every word of the key file that can be a key.
    private func masterKeys(_ folder: TemporaryFolder) throws -> [SecretTraces] {
        let text = try String(contentsOfFile: folder.file("master.key"), encoding: .utf8)
        let words = text.split { !($0.isASCII && ($0.isLetter || $0.isNumber || "+/-_=".contains($0))) }
        let keys = words.compactMap { word in
            Data(base64Encoded: String(word).replacing("-", with: "+").replacing("_", with: "/")).map(Array.init)
        }
        .filter { $0.count >= 32 }
        #expect(!keys.isEmpty, "the key file's form is known to this test")
        return keys.map { SecretTraces("master key", $0) }
    }

    private func expectNoTraces(
        _ planted: PlantedSecrets, _ folder: TemporaryFolder, log: String, stage: String, needsLog: Bool
    ) async throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let database = try await StoredBytes.all(folder)
        #expect(!database.isEmpty, "\(names)")
        if needsLog, !TestStore.isPostgres { #expect(names.contains { $0.hasSuffix("-wal") }, "\(names)") }
        let logs = try names.filter { $0.hasSuffix(".log") }
            .map { ($0, try Data(contentsOf: URL(fileURLWithPath: folder.file($0)))) }
        #expect(!logs.isEmpty)
        #expect(planted.traces.count > 60)
        for (name, data) in database + logs {
            for trace in planted.traces {
                let found = trace.found(in: data)
                #expect(found.isEmpty, "\(stage): \(found) in \(name)")
            }
        }
        let errors = Data(planted.commandErrors.utf8)
        for trace in planted.traces {
            #expect(trace.found(in: errors).isEmpty, "\(trace.name) in what a command logged")
        }

        // What has to be there, so that an empty file does not pass for a clean one.
        let text = try String(contentsOfFile: log, encoding: .utf8)
        #expect(text.contains("Request answered"), "the log is at level debug")
        #expect(!text.contains("$argon2"), "no password hash in the log")
        let all = database.reduce(Data()) { $0 + $1.data }
        #expect(SecretTraces("a name", "ada").found(in: all) == ["a name (raw)"])
        #expect(all.range(of: Data("$argon2id$".utf8)) != nil)
    }
}
