import Foundation
import TestSupport
import Testing

@testable import latchkey

/// One line, any line ending, and nothing else.
struct OneLineSecretTests {
    private static let password = CommandLineFixture.password

    private func read(_ text: String, count: Int = 1) -> [String]? {
        try? SecretLines.read(Array(text.utf8), count: count, source: "The file")
    }

    @Test func `one line has its text without any kind of ending`() {
        for ending in ["", "\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\n \t\n", "\r\r"] {
            #expect(read("a secret" + ending) == ["a secret"], "\(Array(ending.utf8))")
            #expect(read("\u{FEFF}a secret" + ending) == ["a secret"])
        }
        #expect(read("e\u{301} \u{301}\n\u{301}") == nil, "a combining mark does not hide the line ending")
        #expect(read("x\r\n\u{301}") == nil)
        #expect(read(" spaces stay ") == [" spaces stay "])
    }

    @Test func `two secrets may be parted by any line ending`() {
        for ending in ["\n", "\r\n", "\r"] {
            #expect(read("one" + ending + "two", count: 2) == ["one", "two"])
            #expect(read("one" + ending + "two" + ending, count: 2) == ["one", "two"])
            #expect(read("one" + ending + ending + "two", count: 2) == nil)
            #expect(read("one" + ending + "two" + ending + "three", count: 2) == nil)
        }
        #expect(read("one\n", count: 2) == nil)
    }

    @Test func `nothing, further lines, control characters and other encodings are refused`() {
        for text in [
            "", "\n", "\r\n", " ", "one\ntwo", "\none", "one\n\ntwo", "a\u{0}b", "a\tb", "a\u{1B}[2J", "a\u{7F}",
        ] {
            #expect(read(text) == nil, "\(Array(text.utf8))")
        }
        for bytes: [UInt8] in [[0xFF, 0xFE, 0x61, 0x00], [0x61, 0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80]] {
            #expect(throws: CommandFailure.self) { try SecretLines.read(bytes, source: "The file") }
        }
    }

    @Test func `the first administrator's password file may end as it likes, and CR LF is no part of it`() async throws
    {
        for ending in ["", "\r\n", "\r", "\n\n"] {
            let file = try TemporaryFolder()
            try Data((Self.password + ending).utf8).write(to: URL(filePath: file.file("password")))
            let bootstrap = ["bootstrap.admin": "ada", "bootstrap.password_file": file.file("password")]
            try await withServer(bootstrap) { server in
                try await server.addClient()
                #expect(try await server.login(password: Self.password).status == 200, "\(Array(ending.utf8))")
            }
        }
    }

    @Test func `a password file that cannot be used stops the start with a sentence that names the rule`() async throws
    {
        let cases = [
            ("short\n", "15 characters"), ("", "is empty"), (Self.password + "\nsecond\n", "one line"),
            ("a\u{0}\u{0}\u{0}", "control characters"),
        ]
        for (text, words) in cases {
            let fixture = try CommandLineFixture()
            let file = fixture.folder.file("password")
            try Data(text.utf8).write(to: URL(filePath: file))
            let run = try await fixture.run(
                [
                    "serve", "--data-dir", fixture.folder.path, "--listen", "127.0.0.1:0", "--issuer",
                    "http://localhost:8080",
                ],
                environment: ["LATCHKEY_BOOTSTRAP_ADMIN": "ada", "LATCHKEY_BOOTSTRAP_PASSWORD_FILE": file])
            #expect(run.code == 1)
            #expect(run.error.contains(words) && run.error.contains("bootstrap.password_file"), "\(run.error)")
            #expect(!run.error.contains("Refusal(") && !run.error.contains("second"), "\(run.error)")
            #expect(try await fixture.run("user", "list").lines.count == 1)
        }
    }

    @Test func `an import with CR LF, a byte order mark and blank lines takes every user`() async throws {
        let fixture = try CommandLineFixture()
        let hash = try await fixture.run("password", "hash", "--password-stdin", input: Self.password + "\r\n")
        let phc = try #require(hash.lines.first)
        let lines = [
            "\u{FEFF}{\"name\":\"ann\",\"password_hash\":\"\(phc)\"}", " ",
            "{\"name\":\"ben\",\"password_hash\":\"\(phc)\"}", "",
        ]
        let file = fixture.folder.file("users.jsonl")
        try Data(lines.joined(separator: "\r\n").utf8).write(to: URL(filePath: file))
        let run = try await fixture.run("user", "import", file)
        #expect(run.output == "2 imported, 0 exist already, 0 refused.\n", "\(run.error)")
        let folder = try await fixture.run("user", "import", fixture.folder.path)
        #expect(folder.code == 1 && folder.error.hasSuffix(": Is a directory.\n"), "\(folder.error)")
        let hashFile = fixture.folder.file("hash")
        try Data((phc + "\r\n").utf8).write(to: URL(filePath: hashFile))
        #expect(
            try await fixture.run("password", "verify", hashFile, "--password-stdin", input: Self.password).code == 0)
    }

    @Test func `a master key with any line ending opens the database`() async throws {
        let fixture = try CommandLineFixture()
        try await fixture.populate()
        let path = fixture.folder.file("master.key")
        let key = try String(contentsOfFile: path, encoding: .utf8).filter { !$0.isNewline }
        for text in [key, key + "\r\n", key + "\r", "\r\n" + key + "\n\n"] {
            try Data(text.utf8).write(to: URL(filePath: path))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            #expect(try await fixture.run("user", "list").code == 0, "\(text.count)")
        }
        try FileManager.default.removeItem(atPath: path)
        #expect(
            try await fixture.run(
                ["user", "list", "--data-dir", fixture.folder.path], environment: ["LATCHKEY_MASTER_KEY": key + "\r\n"]
            ).code == 0)
    }
}
