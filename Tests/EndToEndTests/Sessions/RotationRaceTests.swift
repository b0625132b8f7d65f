import AsyncHTTPClient
import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

/// Many requests with one token at the same time, through real HTTP.
struct RotationRaceTests {
    @Test func `64 parallel refreshes of one token give one successor, one step and no 5xx`() async throws {
        try await withServer { server in
            try await server.addUser()
            try await server.addClient()
            let token = try #require(try await server.login()["refresh_token"])
            let answers = try await withThrowingTaskGroup(of: TestResponse.self) { group in
                for _ in 0..<64 { group.addTask { try await server.refresh(token) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 200 }, "\(answers.map(\.status))")
            #expect(Set(answers.compactMap { $0["refresh_token"] }).count == 1)
            let session = try #require(RefreshToken(token)?.session)
            let record = try #require(try await server.services.store.session(session))
            #expect(record.session.lineage.current == 2)
            #expect(record.session.lineage.held == 1)
            let access = Set(answers.compactMap { $0["access_token"] })
            #expect(access.count == 64, "every access token has its own jti")
        }
    }

    @Test func `a hard kill among 64 parallel refreshes leaves one successor`() async throws {
        let folder = try TemporaryFolder()
        try await withServer(folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
        }
        let port = try ServerProcess.freePort()
        var before = try await ServerProcess(folder: folder, port: port)
        let login = try await before.http.post(
            "/api/v1/login",
            json: ["username": .string("ada"), "password": .string(TestServer.password), "client_id": .string("spa")])
        let token = try #require(login["refresh_token"])
        let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "spa")]
        var successors: Set<String> = []
        for _ in 0..<3 {
            // A client of its own: one that retries would go on knocking at the next server.
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: HTTPClient.patience)
            let http = TestHTTP(base: before.http.base, client: client)
            let answers = Task {
                await withTaskGroup(of: TestResponse?.self) { group in
                    for _ in 0..<64 { group.addTask { try? await http.post("/oauth2/token", form: form) } }
                    return await group.reduce(into: [TestResponse]()) { if let answer = $1 { $0.append(answer) } }
                }
            }
            try await Task.sleep(for: .milliseconds(5))
            before.killHard()
            for answer in await answers.value {
                #expect(answer.status == 200, "\(answer.text)")
                if let successor = answer["refresh_token"] { successors.insert(successor) }
            }
            try await client.shutdown()
            before = try await ServerProcess(folder: folder, port: port)
        }
        let last = try await before.http.post("/oauth2/token", form: form)
        #expect(last.status == 200)
        if let successor = last["refresh_token"] { successors.insert(successor) }
        #expect(successors.count <= 1, "two live successors")
        #expect(try await before.terminate() == 0)
    }
}
