import Foundation
import LatchkeyCore
import TestConditions
import TestSupport
import Testing

/// `config check` finds what `serve` would refuse, and says it in the same words.
@Suite(.endsHang)
struct ConfigCheckTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private var data: String { folder.file("data") }

    private func write(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
        let path = folder.file(name)
        try Data(text.utf8).write(to: URL(filePath: path))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        return path
    }

    /// - Parameter place: whose database it is, where that is not in the data directory.
    private func check(
        _ environment: [String: String] = [:], in place: TemporaryFolder? = nil
    ) async throws -> BinaryRun {
        try await BinaryRun(["config", "check", "--data-dir", data], in: place ?? folder, environment: environment)
    }

    /// Both commands end with this sentence, and the check makes nothing.
    private func expectRefusal(
        _ environment: [String: String], _ sentence: String, in known: TemporaryFolder? = nil
    ) async throws {
        let place = try known ?? TemporaryFolder()
        let before = try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
        let checked = try await check(environment, in: place)
        #expect(checked.status == 1, "\(environment)")
        #expect(checked.output.contains(sentence), "\(checked.output)")
        #expect(!checked.output.contains("is good"))
        #expect(try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted() == before)
        let served = try await BinaryRun(
            ["serve", "--data-dir", data, "--listen", "127.0.0.1:0", "--issuer", "http://localhost:1"], in: place,
            environment: environment)
        #expect(served.status == 1 && served.output.contains(sentence), "\(served.output)")
        try? FileManager.default.removeItem(atPath: data)
    }

    @Test func `a good configuration is said to be good, and nothing is made`() async throws {
        let password = try write("password", "several unrelated words\r\n")
        let run = try await check([
            "LATCHKEY_BOOTSTRAP_ADMIN": "root", "LATCHKEY_BOOTSTRAP_PASSWORD_FILE": password,
            "LATCHKEY_MASTER_KEY_FILE": folder.file("master.key"),
        ])
        #expect(run.status == 0 && run.output.contains("The configuration is valid."), "\(run.output)")
        #expect(!run.output.contains("Warning: The first") && !run.output.contains("password_file"))
        #expect(!FileManager.default.fileExists(atPath: data))
        #expect(!FileManager.default.fileExists(atPath: folder.file("master.key")))
    }

    @Test func `the first administrator's file is read and judged`() async throws {
        let missing = folder.file("missing")
        let cases = try [
            (
                missing, "root",
                "The file \(missing) (bootstrap.password_file) cannot be read as a file of at most 4 KiB."
            ),
            (folder.path, "root", "cannot be read as a file of at most 4 KiB."),
            (write("empty", ""), "root", "(bootstrap.password_file) is empty."),
            (write("two", "several unrelated words\nand more\n"), "root", "must hold one line and nothing else"),
            (
                write("short", "too short\n"), "root",
                "The first administrator cannot be made from bootstrap.password_file: Use at least 15 characters"
            ),
            (
                write("good", "several unrelated words\n"), "a\tb",
                "The first administrator cannot be made from bootstrap.admin: "
            ),
        ]
        for (file, name, sentence) in cases {
            try await expectRefusal(
                ["LATCHKEY_BOOTSTRAP_ADMIN": name, "LATCHKEY_BOOTSTRAP_PASSWORD_FILE": file], sentence)
        }
    }

    @Test func `the first administrator's file may be gone once there is a database`() async throws {
        let made = try await BinaryRun(["user", "list", "--data-dir", data], in: folder)
        try #require(made.status == 0, "\(made.output)")
        let missing = folder.file("missing")
        let run = try await check(["LATCHKEY_BOOTSTRAP_ADMIN": "root", "LATCHKEY_BOOTSTRAP_PASSWORD_FILE": missing])
        #expect(run.status == 0, "\(run.output)")
        #expect(run.output.contains("Warning: The file \(missing) (bootstrap.password_file) cannot be read"))
    }

    @Test func `the master key is read as the server reads it`() async throws {
        let key = MasterKeyRing.generate().text
        let open = try write("open.key", key, mode: 0o644)
        let broken = try write("broken.key", "no key\n")
        let nowhere = folder.file("nowhere/master.key")
        let below = try write("file", "") + "/master.key"
        let cases = [
            (open, "The master key at \(open) can be read by other users. Run `chmod 600 \(open)`"),
            (broken, "master key"),
            (folder.path, "The master key at \(folder.path) is not a regular file."),
            (nowhere, "The master key cannot be written to \(nowhere): No such file or directory."),
            (below, "The master key cannot be written to \(below): Not a directory."),
        ]
        for (file, sentence) in cases { try await expectRefusal(["LATCHKEY_MASTER_KEY_FILE": file], sentence) }
        let good = try write("good.key", key)
        #expect(try await check(["LATCHKEY_MASTER_KEY_FILE": good]).status == 0)
        // The variable beats the file.
        #expect(try await check(["LATCHKEY_MASTER_KEY_FILE": open, "LATCHKEY_MASTER_KEY": key]).status == 0)
        try await expectRefusal(["LATCHKEY_MASTER_KEY_FILE": good, "LATCHKEY_MASTER_KEY": "c2VjcmV0"], "aster key")
    }

    @Test func `a database without its master key is found`() async throws {
        let made = try await BinaryRun(["user", "list", "--data-dir", data], in: folder)
        try #require(made.status == 0, "\(made.output)")
        #expect(try await check().status == 0)
        try FileManager.default.removeItem(atPath: data + "/master.key")
        try await expectRefusal(
            [:], "The master key at \(data)/master.key cannot be opened (No such file or directory).", in: folder)
    }

    #if Postgres
        @Test(arguments: [
            ("postgresql://lk:hunter2@127.0.0.1:1/auth", "postgres.url has a password"),
            ("host=127.0.0.1 port=1 sslpassword=hunter2", "postgres.url has the password of a key (sslpassword)"),
            ("postgresql://lk:hunter2%zz@127.0.0.1:1/auth", "postgres.url is neither a URI nor key=value pairs"),
        ])
        func `an address of PostgreSQL that would not be connected with is found`(
            url: String, sentence: String
        ) async throws {
            let environment = ["LATCHKEY_STORE": "postgres", "LATCHKEY_POSTGRES_URL": url]
            try await expectRefusal(environment, sentence)
            #expect(try await !check(environment).output.contains("hunter2"))
        }
    #endif

    @Test func `equal addresses are found`() async throws {
        for command in [["config", "check"], ["serve"]] {
            let run = try await BinaryRun(
                command + ["--data-dir", data], in: folder, environment: ["LATCHKEY_LISTEN": "127.0.0.1:1,127.0.0.1:1"])
            #expect(run.status == 1, "\(command)")
            #expect(run.output.contains("`listen` has 127.0.0.1:1 twice: name each address once."), "\(run.output)")
            let admin = try await BinaryRun(
                command + ["--data-dir", data], in: folder, environment: ["LATCHKEY_ADMIN_LISTEN": "127.0.0.1:8080"])
            #expect(admin.status == 1)
            #expect(admin.output.contains("`admin.listen` has 127.0.0.1:8080, which is taken by 127.0.0.1:8080"))
        }
    }

    @Test func `a data directory that is not a directory is found`() async throws {
        let file = try write("file", "")
        for (path, sentence) in [
            (file, "\(file) is not a directory: choose another one with --data-dir."),
            (file + "/data", "Cannot create the data directory \(file)/data: Not a directory."),
        ] {
            for command in [["config", "check"], ["serve"]] {
                let run = try await BinaryRun(command + ["--data-dir", path], in: folder)
                #expect(run.status == 1 && run.output.contains(sentence), "\(run.output)")
            }
        }
    }
}
