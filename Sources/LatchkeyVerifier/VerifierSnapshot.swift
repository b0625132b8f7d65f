import LatchkeyTokens
import Synchronization

/// Everything that a verification needs, at one moment. Immutable; a class, so that taking it costs one reference and
/// not a dozen.
final class VerifierSnapshot: Sendable {
    /// The keys of the last good set.
    let keys: [KeyID: VerificationKey]
    /// The beginnings of tokens that these keys sign.
    let headers: KnownHeaders
    /// The list with everything that its age depends on.
    let list: RevocationListState
    /// Nil until there is a list.
    private let age: RevocationListAge?
    /// The rules with this list in them.
    let rules: AccessTokenRules

    init(
        keys: [KeyID: VerificationKey], headers: KnownHeaders, list: RevocationListState, rules: AccessTokenRules
    ) {
        self.keys = keys
        self.headers = headers
        self.list = list
        age = list.age
        var rules = rules
        rules.revocation = RevocationRule(list.index)
        self.rules = rules
    }

    /// How far ``list`` can be relied upon, without touching it.
    func freshness(at instant: Timestamp) -> RevocationListState.Freshness {
        age?.freshness(at: instant) ?? .blind
    }
}

/// The one place that holds a verifier's state: the current snapshot, replaced as a whole. The lock is held only for
/// the swap and for taking a reference, never during verification.
final class VerifierStore: Sendable {
    private struct State {
        var snapshot: VerifierSnapshot
        var watchers: [Int: AsyncStream<VerifierStatus>.Continuation] = [:]
        var nextWatcher = 0
    }

    private let state: Mutex<State>
    private let now: @Sendable () -> Timestamp

    init(rules: AccessTokenRules, list: RevocationListState, now: @escaping @Sendable () -> Timestamp) {
        self.now = now
        state = Mutex(State(snapshot: VerifierSnapshot(keys: [:], headers: KnownHeaders(), list: list, rules: rules)))
    }

    var snapshot: VerifierSnapshot { state.withLock { $0.snapshot } }

    /// Replaces all keys: a key that the new set lacks is withdrawn.
    func install(_ set: JSONWebKeySet) {
        let keys = Dictionary(uniqueKeysWithValues: set.keys.map { ($0.keyID, VerificationKey($0)) })
        let headers = KnownHeaders(keys: keys.values, type: JWSHeader.accessTokenType)
        swap { VerifierSnapshot(keys: keys, headers: headers, list: $0.list, rules: $0.rules) }
    }

    func install(_ list: RevocationListState) {
        swap { VerifierSnapshot(keys: $0.keys, headers: $0.headers, list: list, rules: $0.rules) }
    }

    private func swap(_ next: (VerifierSnapshot) -> VerifierSnapshot) {
        // The old snapshot may hold the last reference to a long list: release it outside the lock.
        let (old, new, watchers) = state.withLock { state in
            let old = state.snapshot
            state.snapshot = next(old)
            return (old, state.snapshot, Array(state.watchers.values))
        }
        guard !watchers.isEmpty else { return }
        let status = VerifierStatus(new, at: now())
        withExtendedLifetime(old) { for watcher in watchers { watcher.yield(status) } }
    }

    /// The status now and after each change; changes between two reads count as one.
    func updates() -> AsyncStream<VerifierStatus> {
        let (stream, continuation) = AsyncStream<VerifierStatus>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let (id, snapshot) = state.withLock { state in
            state.nextWatcher += 1
            state.watchers[state.nextWatcher] = continuation
            return (state.nextWatcher, state.snapshot)
        }
        continuation.onTermination = { [weak self] _ in
            _ = self?.state.withLock { $0.watchers.removeValue(forKey: id) }
        }
        continuation.yield(VerifierStatus(snapshot, at: now()))
        return stream
    }
}
