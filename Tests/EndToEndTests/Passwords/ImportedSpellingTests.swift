import Foundation
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Passwords that another system hashed as they came, letter and mark apart.
struct ImportedSpellingTests {
    /// The letters that macOS and some keyboards send apart.
    private static let apart = "A\u{30A}ngstro\u{308}m fu\u{308}r immer"
    private static let together = "\u{C5}ngstr\u{F6}m f\u{FC}r immer"

    private struct Vectors: Decodable {
        struct Case: Decodable {
            let name: String
            let hash: String
        }
        let cases: [Case]
    }

    private func vectors() throws -> [(name: String, hash: String)] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let file = try Data(contentsOf: tests.appending(path: "Vectors/phc/foreign.json"))
        return try JSONDecoder().decode(Vectors.self, from: file).cases.filter { $0.name.hasSuffix("taken apart") }
            .map { ($0.name, $0.hash) }
    }

    @Test func `the exact characters sign in first, and later either spelling does`() async throws {
        try await withServer { server in
            try await server.addClient()
            let vectors = try vectors()
            #expect(vectors.count > 20)
            let lines = vectors.enumerated().map {
                ImportLine(number: $0, username: "user\($0)", passwordHash: $1.hash)
            }
            _ = try await server.services.users.importUsers(lines, dryRun: false, actor: .operator)
            for (number, vector) in vectors.enumerated() {
                let name = "user\(number)"
                #expect(try await server.login(name, password: Self.together).status == 401, "\(vector.name)")
                #expect(try await server.login(name, password: Self.apart).status == 200, "\(vector.name)")
                #expect(try await server.login(name, password: Self.together).status == 200, "\(vector.name)")
                #expect(try await server.login(name, password: Self.apart).status == 200, "\(vector.name)")
                let user = try await server.services.users.find(name)
                let stored = try await server.services.store.loginRecord(user: user.id)?.credential.hash
                #expect(stored?.utf8.starts(with: "$argon2id$v=19$m=64,t=1,p=1$".utf8) == true, "\(vector.name)")
            }
        }
    }

    @Test func `an import line that asks for another password gets one before it gives tokens`() async throws {
        try await withServer { server in
            try await server.addClient()
            let line = #"{"name":"ada","password_hash":"\#(Self.bcrypt)","must_change_password":true}"#
            let answer = try await server.overSocket.send(
                "POST", "/api/v1/admin/users/import", body: "{\"lines\":[\(line)]}")
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try await server.login(password: "wrong").status == 401)
            let asked = try await server.login()
            #expect(asked["code"] == "password_change_required", "\(asked.text)")
            let new = "brave-herons-count-stars"
            let changed = try await server.http.post(
                "/api/v1/login",
                json: [
                    "username": "ada", "password": .string(TestServer.password), "client_id": "spa",
                    "new_password": .string(new),
                ])
            #expect(changed.status == 200, "\(changed.text)")
            #expect(try await server.login().status == 401)
            #expect(try await server.login(password: new).status == 200)
        }
    }

    /// Of ``TestServer/password``.
    private static let bcrypt = "$2b$04$abcdefghijklmnopqrstuuJeLF17luCXTTMEhy0X9tNDmy0uJOOWW"
}
