import Foundation
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// The key over all keys: rotation, a leak, and a start without the right one.
struct MasterKeyTests {
    private func rotate(_ server: TestServer, leaked: Bool = false) async throws -> TestResponse {
        try await server.overSocket.post(
            "/api/v1/admin/master-key/rotate", json: leaked ? ["leaked": true] : [:])
    }

    private func slots(_ folder: TemporaryFolder) throws -> [String] {
        try String(contentsOfFile: folder.file("master.key"), encoding: .utf8).split(separator: "\n")
            .map { String($0.prefix { $0 != ":" }) }
    }

    /// The slot in a refresh token's first byte.
    private func slot(_ token: String) throws -> UInt8 {
        let bytes = try #require(Base64URL.decode(String(token.dropFirst(4))))
        return try #require(bytes.first) & 0x0F
    }

    @Test func `a rotation leaves sessions and secrets alone, before and after a restart`() async throws {
        let folder = try TemporaryFolder()
        let kept = Captured<(old: String, new: String, secret: String)>(("", "", ""))
        try await withServer(folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
            let secret = try await server.addConfidentialClient()
            let first = try #require(try await server.login()["refresh_token"])
            let waiting = try #require(try await server.login()["refresh_token"])
            let access = try #require(try await server.login()["access_token"])
            let keys = try await server.publishedKeys().map(\.kid)

            let answer = try await rotate(server)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.integer("current_slot") == 1)
            #expect(answer.integer("resealed_keys") == 2)
            #expect(answer.integer("resealed_secrets") == 1)
            #expect(try slots(folder) == ["0", "1"])
            #expect(try await server.publishedKeys().map(\.kid) == keys)
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: access).status == 200)

            let second = try await server.refresh(first)
            #expect(second.status == 200, "\(second.text)")
            let successor = try #require(second["refresh_token"])
            #expect(try slot(first) == 0)
            #expect(try slot(successor) == 1)
            #expect(try await server.clientCredentials(secret: secret).status == 200)
            kept.value = (waiting, successor, secret)
        }
        try await withServer(folder: folder) { server in
            let (old, new, secret) = kept.value
            for token in [old, new] {
                let answer = try await server.refresh(token)
                #expect(answer.status == 200, "\(answer.text)")
                #expect(try slot(try #require(answer["refresh_token"])) == 1)
            }
            #expect(try await server.clientCredentials(secret: secret).status == 200)
            #expect(try await server.login().status == 200)
        }
    }

    @Test func `a leaked key goes at once, with all sessions and all signing keys`() async throws {
        let folder = try TemporaryFolder()
        let clock = TestClock()
        let kept = Captured<(refresh: String, access: String, secret: String)>(("", "", ""))
        try await withServer(clock: clock, folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
            let secret = try await server.addConfidentialClient()
            let login = try await server.login()
            let access = try #require(login["access_token"])
            let before = Set(try await server.publishedKeys().map(\.kid))
            let leaked = try String(contentsOfFile: folder.file("master.key"), encoding: .utf8)
            let reader = PollingReader(server.http, clock: clock)
            try await reader.fetchKeys()

            let answer = try await rotate(server, leaked: true)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.json.object?["older_slots"]?.array?.isEmpty == true)
            #expect(try slots(folder) == ["1"])
            let text = try String(contentsOfFile: folder.file("master.key"), encoding: .utf8)
            #expect(!text.contains(leaked.split(separator: ":")[1].dropLast()))

            #expect(Set(try await server.publishedKeys().map(\.kid)).isDisjoint(with: before))
            try await reader.poll()
            guard case .revoked = try await reader.judge(access) else {
                Issue.record("a token from before the leak lives")
                return
            }
            #expect(Set(await reader.entries.filter { $0.kind == "key" }.compactMap(\.id)) == before)
            let refused = try await server.refresh(try #require(login["refresh_token"]))
            #expect(refused.status == 400)
            #expect(refused["error"] == "invalid_grant")
            #expect(try await server.clientCredentials(secret: secret).status == 200)
            kept.value = (try #require(login["refresh_token"]), access, secret)
        }
        try await withServer(clock: clock, folder: folder) { server in
            let (refresh, access, secret) = kept.value
            let refused = try await server.refresh(refresh)
            #expect(refused.status == 400)
            #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: access).status == 401)
            #expect(try await server.clientCredentials(secret: secret).status == 200)
            #expect(try await server.login().status == 200)
        }
    }

    /// What is in the file, and what the sentence has to say.
    enum Damage: String, CaseIterable {
        case another, missing, worldReadable, empty, noKey, aFolder

        var sentence: String {
            switch self {
            case .another: "sealed with a different master key"
            case .missing: "cannot be opened"
            case .worldReadable: "chmod 600"
            case .empty: "is not a readable key file"
            case .noKey: "not readable"
            case .aFolder: "not a regular file"
            }
        }

        func apply(to path: String) throws {
            let manager = FileManager.default
            func write(_ text: String) throws {
                try text.write(toFile: path, atomically: false, encoding: .utf8)
            }
            switch self {
            case .another: try write("0:" + Data(repeating: 7, count: 32).base64EncodedString() + "\n")
            case .missing: try manager.removeItem(atPath: path)
            case .worldReadable: try manager.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
            case .empty: try write("")
            case .noKey: try write("0:c2hvcnQ=\n")
            case .aFolder:
                try manager.removeItem(atPath: path)
                try manager.createDirectory(
                    atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            }
        }
    }

    @Test(arguments: Damage.allCases)
    func `without the right key the start stops with a sentence and changes nothing`(damage: Damage) async throws {
        let folder = try TemporaryFolder()
        let token = Captured("")
        let epoch = Captured("")
        try await withServer(folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
            token.value = try #require(try await server.login()["refresh_token"])
            epoch.value = try await server.list().epoch
        }
        let key = try Data(contentsOf: URL(fileURLWithPath: folder.file("master.key")))
        try damage.apply(to: folder.file("master.key"))
        let listing = try FileManager.default.contentsOfDirectory(atPath: folder.path)

        let fault = await #expect(throws: MasterKeyFault.self) {
            try await withServer(folder: folder) { _ in Issue.record("it started") }
        }
        #expect(fault?.description.contains(damage.sentence) == true, "\(fault?.description ?? "")")
        // A server that gets further than the key draws a new epoch over the old one.
        if !TestStore.isPostgres {
            let after = try Data(contentsOf: URL(fileURLWithPath: folder.file("latchkey.sqlite")))
            #expect(epoch.value.count > 16)
            #expect(after.range(of: Data(epoch.value.utf8)) != nil, "the database was changed")
        }
        #expect(Set(try FileManager.default.contentsOfDirectory(atPath: folder.path)).isSubset(of: Set(listing)))

        // With the key back, everything is as it was.
        try? FileManager.default.removeItem(atPath: folder.file("master.key"))
        #expect(
            FileManager.default.createFile(
                atPath: folder.file("master.key"), contents: key, attributes: [.posixPermissions: 0o600]))
        try await withServer(folder: folder) { server in
            let answer = try await server.refresh(token.value)
            #expect(answer.status == 200, "\(answer.text)")
        }
    }

    @Test func `the program says so too, on one line, with exit 1`() async throws {
        let folder = try TemporaryFolder()
        try await withServer(folder: folder) { server in try await server.addUser() }
        try Damage.another.apply(to: folder.file("master.key"))
        let run = try await BinaryRun(
            ["serve", "--data-dir", folder.path, "--listen", "127.0.0.1:0", "--issuer", "http://localhost:8080"],
            in: folder)
        #expect(run.status == 1)
        #expect(run.output.contains(Damage.another.sentence), "\(run.output)")
        #expect(!run.output.contains("MasterKeyFault"), "\(run.output)")
    }
}
