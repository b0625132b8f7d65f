package import LatchkeyTokens

/// Verifies access tokens of one issuer without asking it: with its keys and its revocation list, which ``run()`` keeps
/// current in the background.
///
/// ```swift
/// let verifier = TokenVerifier(.init(issuer: "https://auth.example.com", audience: "orders"))
/// async let background: Void = verifier.run()
/// let token = try await verifier.verify(bearer)
/// ```
///
/// One verifier serves a whole process. Verification holds no lock, so any number of tasks may verify at the same time.
public final class TokenVerifier: Sendable {
    let store: VerifierStore
    let keySource: KeySource
    private let listClient: RevocationListClient
    let introspection: IntrospectionClient
    let policy: FreshnessPolicy
    let now: @Sendable () -> Timestamp

    /// A verifier without any state: it refuses every token until ``run()`` has loaded the keys and the list.
    public init(_ configuration: Configuration) {
        let rules = AccessTokenRules(
            issuer: configuration.issuer, audience: configuration.audience, algorithms: configuration.algorithms,
            skew: configuration.skew)
        // The list is judged with the largest skew by which entries outlive their tokens. Its age is counted exactly,
        // and a smaller skew would only turn a service with a wrong clock blind.
        let list = RevocationListState(
            issuer: configuration.issuer, skew: ClockSkew.maximum, maximumEntries: configuration.limits.listEntries)
        let http = VerifierHTTP(configuration)
        store = VerifierStore(rules: rules, list: list, now: configuration.now)
        keySource = KeySource(configuration, http: http, store: store)
        listClient = RevocationListClient(configuration, http: http, store: store, keys: keySource)
        introspection = IntrospectionClient(configuration, http: http)
        policy = configuration.policy
        now = configuration.now
    }

    /// Keeps the keys and the list current until the task is cancelled. Never gives up on a server that cannot be
    /// reached.
    ///
    /// Call it once, as a service or in a task of its own. Without it, verification works only as long as the list is
    /// fresh.
    public func run() async {
        await withTaskGroup { group in
            group.addTask { await self.keySource.run() }
            group.addTask { await self.listClient.run() }
        }
    }

    /// Installs keys and a list as if they had been fetched: for measurements and tests without a server.
    package func install(_ keys: JSONWebKeySet, _ list: RevocationListState) {
        store.install(keys)
        store.install(list)
    }

    /// The current status.
    public var status: VerifierStatus { VerifierStatus(store.snapshot, at: now()) }

    /// The status now and after each change of keys or list; only the latest one when several changes happen between
    /// two reads. The passing of time alone produces no element.
    public func updates() -> AsyncStream<VerifierStatus> { store.updates() }

    /// Waits until tokens can be accepted under ``FreshnessPolicy/failClosed``: for a service that must not start
    /// without a fresh list.
    ///
    /// - Returns: false when the time ran out first, or the task was cancelled.
    public func waitUntilReady(for limit: Duration = .seconds(30)) async -> Bool {
        await withTaskGroup { group in
            group.addTask {
                for await status in self.updates() where status.isReady { return true }
                return false
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }
}
