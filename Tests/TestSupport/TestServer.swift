import AsyncHTTPClient
import Foundation
package import InMemoryLogging
package import LatchkeyCore
import LatchkeyHTTP
package import LatchkeyMigrations
import LatchkeySQLite
package import LatchkeyTokens
import Logging
import Synchronization
package import Testing
package import latchkey

/// A whole server in this process: real sockets on a free port, a real SQLite file, real Argon2 at low cost.
package struct TestServer: Sendable {
    /// Requests to it.
    package let http: TestHTTP
    package let program: Compose
    package let folder: TemporaryFolder
    package let logs: InMemoryLogHandler

    package var services: Services { program.services }
    package var settings: EffectiveSettings { program.settings }

    /// A password that the policy accepts.
    package static let password = "quiet-otters-paint-fences"

    // MARK: Fixtures

    @discardableResult
    package func addUser(
        _ name: String = "ada", password: String = TestServer.password, roles: [String] = [], mustChange: Bool = false
    ) async throws -> User {
        try await services.users.create(
            name: name, password: Password(password), roles: roles, mustChange: mustChange, actor: .operator)
    }

    /// A public first-party client; with origins it may use cookies.
    @discardableResult
    package func addClient(
        _ id: String = "spa", origins: [String] = [], scope: String? = nil, audiences: [String] = [],
        algorithm: JWSAlgorithm? = nil, firstParty: Bool = true
    ) async throws -> Client {
        var draft = ClientDraft(id: try #require(ClientID(id)), kind: .public)
        draft.settings.firstParty = firstParty
        draft.settings.origins = origins
        draft.settings.audiences = audiences
        draft.settings.scope = try scope.map { try #require(Scope($0)) }
        draft.settings.algorithm = algorithm
        return try await services.clients.create(draft, actor: .operator).client
    }

    /// A confidential client with the client_credentials and refresh_token grants; returns its secret.
    @discardableResult
    package func addConfidentialClient(
        _ id: String = "service", scope: String? = "orders:read orders:write", audiences: [String] = [],
        firstParty: Bool = false
    ) async throws -> String {
        var draft = ClientDraft(id: try #require(ClientID(id)), kind: .confidential)
        draft.settings.firstParty = firstParty
        draft.settings.audiences = audiences
        draft.settings.scope = try scope.map { try #require(Scope($0)) }
        draft.settings.grants = [.clientCredentials, .refreshToken]
        let created = try await services.clients.create(draft, actor: .operator)
        return try #require(created.secret).text
    }

    // MARK: Conversations

    package func login(
        _ name: String = "ada", password: String = TestServer.password, client: String = "spa", scope: String? = nil,
        headers: [(String, String)] = []
    ) async throws -> TestResponse {
        var body: [String: JSONValue] = [
            "username": .string(name), "password": .string(password), "client_id": .string(client),
        ]
        if let scope { body["scope"] = .string(scope) }
        return try await http.post("/api/v1/login", json: body, headers: headers)
    }

    package func refresh(_ token: String, client: String = "spa", scope: String? = nil) async throws -> TestResponse {
        var form = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", client)]
        if let scope { form.append(("scope", scope)) }
        return try await http.post("/oauth2/token", form: form)
    }

    /// After the test's clock was moved: a node that shares its database knows the time once it has looked.
    package func look() async throws {
        guard let sharing = services.store.sharing else { return }
        try #require(await sharing.catchUp(within: .seconds(600)), "the database does not answer")
    }

    /// The live entries as a poller sees them.
    package func list() async throws -> RevocationDocument {
        try RevocationDocument(parsing: try await http.get("/revocations").body)
    }
}

/// Runs a server for the time of `body`, on settings given as configuration keys, and checks afterwards that nothing was
/// left behind: no fault in the log, no waiter, no hole in the log's numbers.
///
/// - Parameters:
///   - folder: to start on what an earlier server left.
///   - later: files of the schema that a later release adds.
///   - expectFaults: for tests that break the disk.
package func withServer(
    _ configuration: [String: String] = [:], clock: TestClock? = nil, folder: TemporaryFolder? = nil,
    later: [Migration] = [], expectFaults: Bool = false, sourceLocation: SourceLocation = #_sourceLocation,
    _ body: @Sendable (TestServer) async throws -> Void
) async throws {
    try await ServerPlaces.shared.withPlace {
        try await runServer(
            configuration, clock: clock, folder: folder ?? TemporaryFolder(), later: later,
            expectFaults: expectFaults, sourceLocation: sourceLocation, body)
    }
}

private func runServer(
    _ configuration: [String: String], clock: TestClock?, folder: TemporaryFolder, later: [Migration],
    expectFaults: Bool, sourceLocation: SourceLocation, _ body: @Sendable (TestServer) async throws -> Void
) async throws {
    let all = try await TestStore.configuration(configuration, for: folder)
    let settings = try await TestServer.settings(all, folder: folder)
    let logs = InMemoryLogHandler()
    var logger = Logger(label: "test") { _ in logs }
    logger.logLevel = .debug
    try settings.dataDirectory.create()
    let lock = try await InstanceLock.take(in: settings.dataDirectory, patience: .seconds(600))
    let program = try await Compose.build(
        settings: settings, mayMigrate: true, clock: clock?.clock, later: later, logger: logger, environment: [:],
        // The machine is busy with other tests, and perhaps with something else.
        readinessPatience: .seconds(600))
    let address = AsyncStream<ListenAddress>.makeStream()
    do {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { address.continuation.finish() }
                try await program.serve(signals: []) { ready in
                    if let first = ready.addresses.first { address.continuation.yield(first) }
                }
            }
            var addresses = address.stream.makeAsyncIterator()
            if case .tcp(_, let port) = await addresses.next() {
                let server = TestServer(
                    http: TestHTTP(base: "http://127.0.0.1:\(port)"), program: program, folder: folder, logs: logs)
                try await body(server)
                #expect(program.services.feed.waiting == 0, "a long poll was left", sourceLocation: sourceLocation)
                #expect(program.services.eventFeed.waiting == 0, "a poll was left", sourceLocation: sourceLocation)
            } else {
                try await group.next()
                Issue.record("the server did not start", sourceLocation: sourceLocation)
            }
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }
    } catch {
        await program.shutdown()
        throw error
    }
    await program.shutdown()
    withExtendedLifetime(lock) {}
    if !expectFaults {
        let faults = logs.entries.filter { $0.level >= .error }
        #expect(faults.isEmpty, "\(faults.map { "\($0.message) \($0.metadata)" })", sourceLocation: sourceLocation)
    }
}

extension TestServer {
    /// Quick hashing, a free port, and an issuer that does not depend on it.
    package static func settings(
        _ configuration: [String: String], folder: TemporaryFolder
    ) async throws -> EffectiveSettings {
        var flags = [
            "data_dir": folder.path, "listen": "127.0.0.1:0", "issuer": "http://localhost:8080",
            "password.argon2.memory_kib": "64", "password.argon2.iterations": "1", "login.hash_threads": "2",
            // The suite itself keeps the machine busy.
            "login.hash_niceness": "0", "login.precedence": "false",
        ]
        flags.merge(configuration) { _, given in given }
        return try await EffectiveSettings.load(ConfigurationSources(flags: flags))
    }
}
