package import LatchkeyTokens

/// Judges access tokens of one issuer without asking it: by its keys and its revocation list, which ``run()`` keeps
/// current in the background.
///
/// ```swift
/// let verifier = TokenVerifier(.init(issuer: "https://auth.example.com", audience: "orders"))
/// async let background: Void = verifier.run()
/// let token = try await verifier.verify(bearer)
/// ```
///
/// One verifier serves a whole process. Nothing is held while a token is judged, so any number of tasks may verify at
/// the same time.
public final class TokenVerifier: Sendable {
    let store: VerifierStore
    let keySource: KeySource
    private let listClient: RevocationListClient
    let introspection: IntrospectionClient
    let policy: FreshnessPolicy
    let now: @Sendable () -> Timestamp

    /// A verifier that knows nothing yet: until ``run()`` has loaded keys and list, it refuses.
    public init(_ configuration: Configuration) {
        let rules = AccessTokenRules(
            issuer: configuration.issuer, audience: configuration.audience, algorithms: configuration.algorithms,
            skew: configuration.skew)
        // The list is judged with the largest skew that entries outlive their tokens by: its age is counted exactly,
        // and a smaller one would only turn a service blind whose clock is off.
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

    /// Keeps keys and list current until the task is cancelled. Never gives up on a server that is away.
    ///
    /// Call it once, as a service or in a task of its own. Verifying works without it only as long as the list is
    /// fresh.
    public func run() async {
        await withTaskGroup { group in
            group.addTask { await self.keySource.run() }
            group.addTask { await self.listClient.run() }
        }
    }

    /// Puts keys and list in as if they had been fetched: for measurements and tests without a server.
    package func install(_ keys: JSONWebKeySet, _ list: RevocationListState) {
        store.install(keys)
        store.install(list)
    }

    /// What is known now.
    public var status: VerifierStatus { VerifierStatus(store.snapshot, at: now()) }

    /// The status now and whenever keys or list have changed; the latest one when several changes came meanwhile. The
    /// passing of time alone brings no element.
    public func updates() -> AsyncStream<VerifierStatus> { store.updates() }

    /// Waits until tokens can be accepted under ``FreshnessPolicy/failClosed``: for a service that must not start blind.
    ///
    /// - Returns: false when the time was up first, or the task was cancelled.
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
