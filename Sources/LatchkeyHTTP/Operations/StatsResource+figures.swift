import LatchkeyCore
import LatchkeyTokens

extension StatsResource {
    init(_ figures: StoreFigures, hashing: HashLoadFigures, feed: RevocationFeed) {
        let store = figures.statistics
        self.init(
            users: store.users, clients: store.clients, sessions: store.sessions,
            liveRevocations: store.liveRevocations, auditEvents: store.auditEvents,
            databaseBytes: store.databaseBytes, writeAheadLogBytes: store.writeAheadLogBytes,
            commits: store.commits.batches, transactions: store.commits.transactions, epoch: figures.revocations.epoch,
            lastSeq: figures.revocations.lastSequence, consumers: feed.consumers().count, waiters: feed.waiting,
            hashQueue: hashing.queued, hashRunning: hashing.running)
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
