import Foundation
import Glibc
import LatchkeyCore
import LatchkeyTokens
import LatchkeyVerifier
import TestConditions
import TestSupport
import Testing
import Waiting

/// Many pollers at once: the short form of what the benchmark measures, for correctness alone. One after the other and
/// beside no other server, since each test takes thousands of descriptors and the processors.
@Suite(.serialized, .alone)
struct CrowdTests {
    private static let manyFromOneAddress = ["LATCHKEY_REVOCATIONS_MAX_WAITERS_PER_ADDRESS": "1000"]

    private func verifiers(_ count: Int, _ server: String) -> [TokenVerifier] {
        (0..<count).map { number in
            var configuration = TokenVerifier.Configuration(
                issuer: "http://localhost:8080", audience: "http://localhost:8080", server: server)
            configuration.consumer = "service-\(number)"
            return TokenVerifier(configuration)
        }
    }

    /// Waits until the condition holds for the verifier's status.
    private func wait(
        _ service: TokenVerifier, until condition: @escaping @Sendable (VerifierStatus) -> Bool
    ) async throws {
        try await eventually("the service is there") { condition(service.status) }
    }

    private func metric(_ name: String, _ http: TestHTTP) async throws -> Double? {
        let lines = try await http.get("/metrics").text.split(separator: "\n")
        return lines.first { $0.hasPrefix(name + " ") }.flatMap { Double($0.dropFirst(name.count + 1)) }
    }

    @Test(.enabled(if: IdleSockets.makeRoom(for: 5000), "the system allows too few open files"))
    func `five thousand idle long polls cost bounded memory, and SIGTERM releases them all`() async throws {
        let count = 5000
        let port = try ServerProcess.freePort()
        let folder = try TemporaryFolder()
        let server = try await ServerProcess(
            folder: folder, port: port,
            configuration: Self.manyFromOneAddress.merging(["LATCHKEY_LOG_LEVEL": "info"]) { _, given in given })
        let list = try await server.http.get("/revocations")
        let before = try residentBytes(server.processID)
        let query = "after=\(list.integer("seq") ?? 0)&epoch=\(list["epoch"] ?? "")&wait=60"
        // A poll is held for a minute. Connecting takes a second or two, since the system has room for all of them.
        let sockets = try await IdleSockets.open(
            count, port: port, request: "GET /revocations?\(query) HTTP/1.1\r\nHost: localhost\r\n\r\n")
        try await eventually("all wait") {
            try await metric("latchkey_revocation_waiters", server.http) == Double(count)
        }
        let each = (try residentBytes(server.processID) - before) / count
        #expect(each < 96 * 1024, "\(each) bytes a waiting poller, debug build")
        #expect(try descriptors(server.processID) < count + 200)
        // The server is not busy with them: somebody else is served.
        #expect(try await server.http.get("/.well-known/jwks.json").status == 200)

        // Each gets its answer; what is not answered when the server goes is cut off.
        async let code = server.terminate()
        #expect(try await sockets.answered() == count)
        #expect(try await code == 0)
    }

    @Test func `two hundred services that reconnect at once all have the new epoch, and nothing is forgotten`()
        async throws
    {
        let folder = try TemporaryFolder()
        try await withServer(folder: folder) { server in
            try await server.addUser()
            try await server.addClient()
        }
        let port = try ServerProcess.freePort()
        let first = try await ServerProcess(folder: folder, port: port, configuration: Self.manyFromOneAddress)
        let services = verifiers(200, first.http.base)
        let body: [String: JSONValue] = [
            "username": "ada", "password": .string(TestServer.password), "client_id": "spa",
        ]
        let revoked = try #require(try await first.http.post("/api/v1/login", json: body)["access_token"])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for service in services { group.addTask { await service.run() } }
            defer { group.cancelAll() }
            for service in services { #expect(await service.waitUntilReady(for: .seconds(600))) }
            #expect(try await first.http.authorised("POST", "/api/v1/logout", bearer: revoked).status == 204)
            for service in services { try await wait(service) { $0.sequence == 1 } }
            let old = try #require(services.first?.status.epoch)
            first.killHard()

            let second = try await ServerProcess(folder: folder, port: port, configuration: Self.manyFromOneAddress)
            let epoch = try #require(try await second.http.get("/revocations")["epoch"])
            // A node that is back before its lease has ended goes on in its epoch.
            #expect(TestStore.isPostgres || epoch != old)
            let access = try #require(try await second.http.post("/api/v1/login", json: body)["access_token"])
            #expect(try await second.http.authorised("POST", "/api/v1/logout", bearer: access).status == 204)
            for service in services {
                try await wait(service) { $0.epoch == epoch && $0.sequence == 2 && $0.freshness == .fresh }
                #expect(service.status.entries == 2)
                #expect(throws: VerificationError.revoked) { try service.verifyNow(revoked) }
            }
            second.killHard()
        }
    }

    @Test func `a burst of revocations reaches every service without a gap`() async throws {
        try await withServer(["revocations.max_waiters_per_address": "1000"]) { server in
            let services = verifiers(20, server.http.base)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for service in services { group.addTask { await service.run() } }
                defer { group.cancelAll() }
                for service in services { #expect(await service.waitUntilReady(for: .seconds(600))) }
                let total = 1500
                try await revoke(total, server)
                let last = server.services.feed.sequence
                #expect(last == Int64(total))
                for service in services {
                    try await wait(service) { $0.sequence == last }
                    #expect(service.status.entries == total)
                }
            }
            // Whoever was released by the end of the tasks has closed its connection.
            try await eventually("nobody waits") { server.services.feed.waiting == 0 }
            #expect(server.services.feed.consumers().count == services.count)
        }
    }

    private func revoke(_ count: Int, _ server: TestServer) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                if number >= 64 { try await group.next() }
                group.addTask {
                    _ = try await server.services.revocations.revoke(
                        RevocationOrder(
                            .token(.generate(), session: nil, expiresAt: nil), reason: .admin, actor: .operator))
                }
            }
            try await group.waitForAll()
        }
    }

    private func residentBytes(_ process: Int32) throws -> Int {
        let fields = try String(contentsOfFile: "/proc/\(process)/statm", encoding: .utf8).split(separator: " ")
        return Int(fields.dropFirst().first ?? "").map { $0 * Int(getpagesize()) } ?? 0
    }

    private func descriptors(_ process: Int32) throws -> Int {
        try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").count
    }
}
