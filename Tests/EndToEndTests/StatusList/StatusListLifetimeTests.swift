import Foundation
import LatchkeyCore
import LatchkeySQLite
import LatchkeyTokens
import TestSupport
import Testing

/// Places outlive the server that gave them.
struct StatusListLifetimeTests {
    private static let enabled = ["status_list.enabled": "true"]

    @Test func `a restart keeps every place, and what is revoked`() async throws {
        let folder = try TemporaryFolder()
        let clock = TestClock()
        let kept = Captured<(dead: String, alive: String)>(("", ""))
        try await withServer(Self.enabled, clock: clock, folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
            kept.value.dead = try #require(try await server.login()["access_token"])
            kept.value.alive = try #require(try await server.login()["access_token"])
            let logout = try await server.http.authorised("POST", "/api/v1/logout", bearer: kept.value.dead)
            #expect(logout.status == 204)
        }
        clock.advance(by: .seconds(2))
        try await withServer(Self.enabled, clock: clock, folder: folder) { server in
            let reader = StatusReader(http: server.http)
            #expect(try await reader.isInvalid(kept.value.dead))
            #expect(try await !reader.isInvalid(kept.value.alive))
            #expect(try await server.http.authorised("POST", "/api/v1/logout", bearer: kept.value.alive).status == 204)
            #expect(try await reader.isInvalid(kept.value.alive))
            let next = try #require(try await server.login()["access_token"])
            let before = try #require(try StatusReader.reference(kept.value.alive))
            let after = try #require(try StatusReader.reference(next))
            #expect(after != before)
        }
    }

    @Test func `kill -9 loses no place of a token that was handed out`() async throws {
        let folder = try TemporaryFolder()
        try await withServer(folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
        }
        let port = try ServerProcess.freePort()
        let configuration = ["LATCHKEY_STATUS_LIST_ENABLED": "true"]
        var server = try await ServerProcess(folder: folder, port: port, configuration: configuration)
        let tokens = Captured<[String]>([])
        for _ in 0..<5 {
            let login = try await server.http.post(
                "/api/v1/login",
                json: ["username": "ada", "password": .string(TestServer.password), "client_id": "spa"])
            tokens.value.append(try #require(login["access_token"], "\(login.text)"))
        }
        server.killHard()
        server = try await ServerProcess(folder: folder, port: port, configuration: configuration)
        let reader = StatusReader(http: server.http)
        for token in tokens.value {
            #expect(try await !reader.isInvalid(token))
            #expect(try await server.http.authorised("POST", "/api/v1/logout", bearer: token).status == 204)
            #expect(try await reader.isInvalid(token))
        }
        #expect(try await server.terminate() == 0)
    }

    @Test(.onSQLite) func `after a restored backup every token from before it reads as invalid or has no list`() async throws {
        let folder = try TemporaryFolder()
        let clock = TestClock()
        let kept = Captured<[String]>([])
        try await withServer(Self.enabled, clock: clock, folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
            kept.value.append(try #require(try await server.login()["access_token"]))
        }
        try FileManager.default.copyItem(
            atPath: folder.file("latchkey.sqlite"), toPath: folder.file("backup"))
        clock.advance(by: .seconds(5))
        try await withServer(Self.enabled, clock: clock, folder: folder) { server in
            // In the list that the backup knows, but with a row that it does not have.
            kept.value.append(try #require(try await server.login()["access_token"]))
            // In a list that the backup does not know.
            #expect(try await server.revoke("all").status == 201)
            kept.value.append(try #require(try await server.login()["access_token"]))
        }
        let before = try kept.value.map { try #require(try StatusReader.reference($0)).uri }
        #expect(before[0] == before[1] && before[1] != before[2])
        clock.advance(by: .seconds(5))
        let tools = DatabaseTools(path: folder.file("latchkey.sqlite"))
        _ = try await tools.restore(tools.stage(folder.file("backup"), now: clock.now), .restored, now: clock.now)
        try await withServer(Self.enabled, clock: clock, folder: folder) { server in
            let reader = StatusReader(http: server.http)
            #expect(try await reader.isInvalid(kept.value[0]))
            #expect(try await reader.isInvalid(kept.value[1]))
            let path = before[2].dropFirst(StatusReader.issuer.count)
            #expect(try await server.http.get(String(path)).status == 404)
            let next = try #require(try await server.login()["access_token"])
            let fresh = try #require(try StatusReader.reference(next)).uri
            #expect(!before.contains(fresh))
            #expect(try await !reader.isInvalid(next))
        }
    }
}
