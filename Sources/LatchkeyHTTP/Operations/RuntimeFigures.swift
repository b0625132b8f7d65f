import LatchkeyCore
import LatchkeyTokens

/// What the running process and its database look like at this moment: for `/metrics` and `/api/v1/admin/stats`.
struct RuntimeFigures: Sendable {
    let store: StoreStatistics
    let revocations: RevocationState
    let hashing: HashLoadFigures
    let waiters: Int
    let consumers: [ConsumerStatus]
    /// The newest thousand streams; none with `shared_signals.enabled` off.
    let streams: [EventStreamRecord]

    /// - Throws: `StoreUnavailable`.
    static func read(_ services: Services) async throws -> RuntimeFigures {
        RuntimeFigures(
            store: try await services.store.statistics(), revocations: try await services.store.revocationState(),
            hashing: services.hashLoad, waiters: services.feed.waiting, consumers: services.feed.consumers(),
            streams: services.settings.sharedSignals.enabled
                ? try await services.store.streams(page: PageRequest(limit: 1000)).items : [])
    }
}

extension StatsResource {
    init(_ figures: RuntimeFigures) {
        let store = figures.store
        self.init(
            users: store.users, clients: store.clients, sessions: store.sessions,
            liveRevocations: store.liveRevocations, auditEvents: store.auditEvents,
            databaseBytes: store.databaseBytes, writeAheadLogBytes: store.writeAheadLogBytes, commits: store.batches,
            transactions: store.transactions, epoch: figures.revocations.epoch,
            lastSeq: figures.revocations.lastSequence, consumers: figures.consumers.count, waiters: figures.waiters,
            hashQueue: figures.hashing.queued, hashRunning: figures.hashing.running)
    }
}

extension ConsumerResource {
    init(_ consumer: ConsumerStatus, now: Timestamp) {
        self.init(
            name: consumer.name, acknowledgedSeq: consumer.acknowledged, lag: consumer.behind,
            lagSeconds: consumer.lag(at: now).components.seconds, behindSince: consumer.behindSince?.seconds,
            lastSeenAt: consumer.lastSeen.seconds, address: consumer.address,
            state: consumer.isGone ? .gone : consumer.behind > 0 ? .lagging : .current)
    }
}
