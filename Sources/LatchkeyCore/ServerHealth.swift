package import Argon2

/// What operators ask of the server as a whole: can it do its work, and how is it doing.
package struct ServerHealth: Sendable {
    private let store: any Store
    private let hashPool: HashPool
    private let keyRing: KeyRing
    private let settings: Settings
    private let clock: Clock

    package init(store: any Store, hashPool: HashPool, keyRing: KeyRing, settings: Settings, clock: Clock) {
        self.store = store
        self.hashPool = hashPool
        self.keyRing = keyRing
        self.settings = settings
        self.clock = clock
    }

    /// Commits a write.
    /// - Throws: ``StoreUnavailable``.
    package func checkWritable() async throws { try await store.checkWritable() }

    /// Whether a key of the configured algorithm may sign.
    package var hasActiveKey: Bool { keyRing.current.signer(for: settings.tokens.algorithm) != nil }

    /// Whether the clock stands before the last token that was issued.
    /// - Throws: ``StoreUnavailable``.
    package func isClockSetBack() async throws -> Bool {
        let floor = try await store.revocationState().clockFloor
        if case .clockSetBack = IssuanceGate.decide(wall: clock.now(), floor: floor, issuedBefore: []) { return true }
        return false
    }

    /// - Throws: ``StoreUnavailable``.
    package func figures() async throws -> StoreFigures {
        StoreFigures(
            statistics: try await store.statistics(), revocations: try await store.revocationState(),
            streams: settings.sharedSignals.enabled
                ? try await store.streams(page: PageRequest(limit: 1000)).items : [])
    }

    /// The hash pool's figures, all of one moment.
    package var hashing: HashLoadFigures {
        let statistics = hashPool.statistics
        return HashLoadFigures(
            queued: statistics.queued, running: statistics.running, completed: statistics.completed,
            refused: statistics.refused)
    }
}

/// What the database holds at a moment.
package struct StoreFigures: Sendable {
    package let statistics: StoreStatistics
    package let revocations: RevocationState
    /// The newest thousand streams; none with `shared_signals.enabled` off.
    package let streams: [EventStreamRecord]
}

/// How busy the hash pool is, for those who do not know the pool.
package struct HashLoadFigures: Sendable, Equatable {
    /// Passwords that wait for a thread.
    package let queued: Int
    /// Passwords on a thread now.
    package let running: Int
    /// Ended since the start.
    package let completed: Int
    /// Turned away since the start.
    package let refused: Int
}
