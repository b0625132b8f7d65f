package import Argon2

/// What operators ask about the server as a whole: whether it can do its work, and how it is doing.
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

    /// How the database is followed that this node shares with others; nil where it has one of its own.
    package var sharing: SharingHealth? {
        store.sharing.map { store in
            if store.isLogUnreadable { return .unreadable }
            let age = store.lastCheck?.age
            if let age, age <= Self.longestSilence { return .followed }
            return store.refusal.map { .refused($0) } ?? .silent(for: age)
        }
    }

    /// Figures of sharing it, and how long ago this node has looked at what others committed, if it has.
    package var sharingFigures: (figures: SharingFigures, lookedAgo: Duration?)? {
        store.sharing.map { ($0.figures, $0.lastCheck?.age) }
    }

    /// A node that has not looked for this long should get no requests: others know more.
    private static let longestSilence: Duration = .seconds(2)

    /// Whether a key of the configured algorithm may sign.
    package var hasActiveKey: Bool { keyRing.current.signer(for: settings.tokens.algorithm) != nil }

    /// Whether the clock is behind the last token that was issued.
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

/// How a node follows the database that it shares with others.
package enum SharingHealth: Sendable, Equatable {
    case followed
    /// Its revocation log has an entry that this release cannot read.
    case unreadable
    /// It answers, and this node must not use it: a sentence for the operator.
    case refused(String)
    /// It has not answered for this long; nil: not since the start.
    case silent(for: Duration?)
}

/// The contents of the database at a moment.
package struct StoreFigures: Sendable {
    package let statistics: StoreStatistics
    package let revocations: RevocationState
    /// The newest thousand streams; none when `shared_signals.enabled` is off.
    package let streams: [EventStreamRecord]
}

/// How busy the hash pool is, for code that does not know the pool.
package struct HashLoadFigures: Sendable, Equatable {
    /// Passwords that wait for a thread.
    package let queued: Int
    /// Passwords on a thread now.
    package let running: Int
    /// Completed since the start.
    package let completed: Int
    /// Turned away since the start.
    package let refused: Int
}
