package import LatchkeyTokens
import Logging
import Synchronization

/// All clients in memory, for requests that need one before they read the database: client authentication, CORS, CSRF.
/// Each comes with its secrets, unsealed to digests: a process that can read them here could read the master key as
/// well.
///
/// A copy as of the last change through ``ClientService``, or as of the last that another node made and a check showed.
/// Its watermarks (`issuedBefore`, `sessionsEndedAt`) may be
/// old: every rule that issues a token reads the client again in its own transaction.
package final class ClientDirectory: Sendable {
    private struct Snapshot: Sendable {
        var clients: [ClientID: Client] = [:]
        var secrets: [ClientID: [Secret]] = [:]
        var origins = RegisteredOrigins()
        var longestAccessLifetime: Duration?
    }
    private struct State {
        /// Grows with each invalidation, so that the result of a load that began earlier is not kept.
        var generation: UInt64 = 0
        var snapshot: Snapshot?
        /// The load of this generation, which all concurrent callers share.
        var loading: Task<Snapshot, any Error>?
        /// What the last check of a shared store showed.
        var seen: Version?
    }

    /// A version of the table. After a change of the epoch the same number may stand for something else.
    private struct Version: Equatable {
        let epoch: String
        let number: Int64
    }

    /// A secret that a client may present.
    struct Secret: Sendable {
        let digest: ClientSecretDigest
        fileprivate let expiresAt: Timestamp?

        func isUsable(at now: Timestamp) -> Bool { expiresAt.map { $0 > now } ?? true }
    }

    private let store: any Store
    private let masterKeys: MasterKeyRing
    private let logger = Logger(label: "latchkey.clients")
    private let state = Mutex(State())
    /// As of the last load: clients whose access tokens have the `typ` of no particular token.
    private let plain = Mutex<Set<ClientID>>([])

    package init(store: any Store, masterKeys: MasterKeyRing) {
        self.store = store
        self.masterKeys = masterKeys
    }

    /// The client, whatever its state; `nil` when there is none with that id.
    package func client(_ id: ClientID) async throws -> Client? {
        try await snapshot().clients[id]
    }

    /// Whether access tokens of the client may have `typ: JWT`. Answers at once, as of the last load.
    func hasPlainAccessTokens(_ id: ClientID) -> Bool { plain.withLock { $0.contains(id) } }

    /// All of them, whatever their state.
    func ids() async throws -> [ClientID] { Array(try await snapshot().clients.keys) }

    /// The client, if there is one with that id, and its secrets, newest first; some may have expired.
    func credentials(_ id: ClientID) async throws -> (client: Client?, secrets: [Secret]) {
        let snapshot = try await snapshot()
        return (snapshot.clients[id], snapshot.secrets[id] ?? [])
    }

    /// The origins of all clients that are not disabled. They decide about a CORS preflight, which names no client, and
    /// about a refusal before the client is known.
    package func origins() async throws -> RegisteredOrigins {
        try await snapshot().origins
    }

    /// The longest access-token lifetime of any client; `nil` when none differs from the issuer's.
    package func longestAccessLifetime() async throws -> Duration? {
        try await snapshot().longestAccessLifetime
    }

    /// Forgets the copy. Call it after a change is on disk and before its caller is answered.
    package func invalidate() { state.withLock { Self.forget(&$0) } }

    /// Forgets a copy that was begun before another node's change.
    package func checked(_ check: StoreCheck) {
        let version = Version(epoch: check.epoch, number: check.clientVersion)
        state.withLock { state in
            // A load that begins after this finds what the check found, or more.
            guard state.seen != version else { return }
            state.seen = version
            Self.forget(&state)
        }
    }

    private static func forget(_ state: inout State) {
        state.generation += 1
        state.snapshot = nil
        state.loading = nil
    }

    private func snapshot() async throws -> Snapshot {
        let (present, loading) = state.withLock { state -> (Snapshot?, Task<Snapshot, any Error>?) in
            if let present = state.snapshot { return (present, nil) }
            if let loading = state.loading { return (nil, loading) }
            let generation = state.generation
            // Not on the caller's event loop: a thousand secrets take a while to unseal.
            let loading = Task.detached { try await self.load(generation) }
            state.loading = loading
            return (nil, loading)
        }
        if let present { return present }
        guard let loading else { throw CancellationError() }
        return try await loading.value
    }

    private func load(_ generation: UInt64) async throws -> Snapshot {
        defer { state.withLock { if $0.generation == generation { $0.loading = nil } } }
        var loaded = Snapshot()
        var cursor: String?
        repeat {
            let page = try await store.clients(page: PageRequest(limit: 1000, cursor: cursor))
            for client in page.items {
                loaded.clients[client.id] = client
                if let problem = client.problem {
                    logger.error(
                        "the settings of a client cannot be read: it is refused everything",
                        metadata: ["lk.client": "\(client.id)", "lk.error": "\(problem)"])
                }
                if let lifetime = client.accessLifetime {
                    loaded.longestAccessLifetime = max(lifetime, loaded.longestAccessLifetime ?? lifetime)
                }
            }
            cursor = page.nextCursor
        } while cursor != nil
        loaded.origins = RegisteredOrigins(loaded.clients.values)
        loaded.secrets = try await store.clientSecrets().mapValues { $0.compactMap(unsealed) }
        let complete = loaded
        plain.withLock { $0 = Set(complete.clients.values.filter { $0.accessTokenType == .plain }.map(\.id)) }
        state.withLock { state in
            if state.generation == generation { state.snapshot = complete }
        }
        return complete
    }

    private func unsealed(_ secret: SealedClientSecret) -> Secret? {
        do {
            let digest = try masterKeys.open(
                secret.sealed, purpose: .clientSecret, context: Array(secret.client.description.utf8))
            return Secret(digest: ClientSecretDigest(bytes: digest), expiresAt: secret.expiresAt)
        } catch {
            logger.error("a client secret cannot be unsealed", metadata: ["lk.error": "\(error)"])
            return nil
        }
    }
}
