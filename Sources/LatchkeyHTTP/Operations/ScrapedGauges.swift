import LatchkeyCore
import LatchkeyTokens

extension StatsResource {
    init(_ figures: StoreFigures, hashing: HashLoadFigures, feed: RevocationFeed) {
        let store = figures.statistics
        self.init(
            users: store.users, clients: store.clients, sessions: store.sessions,
            liveRevocations: store.liveRevocations, auditEvents: store.auditEvents,
            databaseBytes: store.databaseBytes, writeAheadLogBytes: store.writeAheadLogBytes, commits: store.batches,
            transactions: store.transactions, epoch: figures.revocations.epoch,
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

/// The gauges that are read when somebody scrapes, in Prometheus' text format. The store's part is missing when it could
/// not be read, which `latchkey_store_readable` tells.
struct ScrapedGauges: Sendable {
    /// Where they are read.
    struct Sources: Sendable {
        let health: ServerHealth
        let feed: RevocationFeed
        /// Nil with `shared_signals.enabled` off.
        let events: EventFeed?
        let reuses: ReuseWatch
        /// Whether consumers are clients, and have names that nobody can invent.
        let namesConsumers: Bool
        let clock: Clock

        init(_ services: Services) {
            health = services.health
            feed = services.feed
            events = services.settings.sharedSignals.enabled ? services.eventFeed : nil
            reuses = services.sessions.reuses
            namesConsumers = services.settings.revocations.access == .clients
            clock = services.clock
        }
    }

    private var text = ""

    init(store figures: StoreFigures?, _ sources: Sources, _ surroundings: Readiness.Surroundings) {
        gauge("latchkey_store_readable", "Whether the database could be read for this scrape.", figures == nil ? 0 : 1)
        if let store = figures?.statistics { addStore(store) }
        gauge("latchkey_revocations_live", "Live entries of the revocation list.", sources.feed.liveEntries)
        gauge("latchkey_revocations_seq", "The list's current seq.", sources.feed.sequence)
        gauge("latchkey_revocation_waiters", "Long polls that are being held.", sources.feed.waiting)
        addConsumers(
            sources.feed.consumers(), named: sources.namesConsumers, now: sources.clock.now())
        if let events = sources.events {
            gauge("latchkey_event_waiters", "Polls of event streams that are being held.", events.waiting)
            if let streams = figures?.streams { addStreams(streams) }
        }
        addReuses(sources.reuses.figures)
        if let validity = surroundings.certificate.validity {
            gauge(
                "latchkey_tls_certificate_not_after_seconds",
                "When the TLS certificate that is served ends, Unix time.",
                validity.notAfter.seconds)
        }
        if let dropped = surroundings.droppedLogLines?() {
            counter("latchkey_log_lines_dropped_total", "Lines of the log that could not be written.", dropped)
        }
        let hashing = sources.health.hashing
        gauge("latchkey_hash_queue", "Passwords that wait for a hash thread.", hashing.queued)
        gauge("latchkey_hash_running", "Passwords being hashed.", hashing.running)
        counter("latchkey_hash_completed_total", "Passwords hashed since start.", hashing.completed)
        counter("latchkey_hash_refused_total", "Passwords turned away since start.", hashing.refused)
    }

    /// Ends in a line feed.
    func render() -> String { text }

    private mutating func addStore(_ store: StoreStatistics) {
        gauge("latchkey_users", "Accounts.", store.users)
        gauge("latchkey_clients", "Clients.", store.clients)
        gauge("latchkey_sessions", "Session rows, living or waiting for the sweep.", store.sessions)
        gauge("latchkey_audit_events", "Lines of the audit trail.", store.auditEvents)
        gauge("latchkey_database_bytes", "Size of the database file.", store.databaseBytes)
        gauge("latchkey_write_ahead_log_bytes", "Size of the write-ahead log.", store.writeAheadLogBytes)
        counter("latchkey_store_batches_total", "Commits since start.", store.batches)
        counter("latchkey_store_transactions_total", "Transactions that shared those commits.", store.transactions)
        addCommits("latchkey_store_commit_seconds", store.commitTimes)
    }

    private mutating func addCommits(_ name: String, _ times: CommitTimes) {
        head(name, "histogram", "How long commits took, the disk included.")
        var count: Int64 = 0
        let bounds = CommitTimes.bounds.map { String($0 / .seconds(1)) } + ["+Inf"]
        for (bound, more) in zip(bounds, times.counts) {
            count += more
            text += PrometheusText.line("\(name)_bucket", PrometheusText.labels([("le", bound)]), Double(count))
        }
        text += PrometheusText.line("\(name)_sum", "", times.sum / .seconds(1))
        text += PrometheusText.line("\(name)_count", "", Double(count))
    }

    private mutating func addReuses(_ figures: ReuseWatch.Figures) {
        counter(
            "latchkey_refresh_reuses_total", "Refresh tokens that came a second time soon after, since start.",
            figures.answers)
        counter(
            "latchkey_refresh_reuses_elsewhere_total", "Of those, from another network than the first time.",
            figures.elsewhere)
        counter(
            "latchkey_refresh_reuse_runs_total",
            "Sessions in which that happened generation after generation: two may hold the tokens.", figures.runs)
    }

    private mutating func addStreams(_ streams: [EventStreamRecord]) {
        gauge("latchkey_event_streams", "Streams of security events.", streams.count)
        gauge(
            "latchkey_events_pending_max", "Events that the slowest receiver has not acknowledged.",
            streams.map(\.pending).max() ?? 0)
        gauge(
            "latchkey_events_dropped", "Events of the present streams that went unacknowledged, too many or too old.",
            streams.map(\.dropped).reduce(0, +))
    }

    /// With names only where those are clients': a name that anybody may invent would, over time, be a label without
    /// bound in whatever keeps the figures. Without names the slowest stands for all. Who has left lags no more.
    private mutating func addConsumers(_ known: [ConsumerStatus], named: Bool, now: Timestamp) {
        let consumers = known.filter { !$0.isGone }
        gauge("latchkey_revocation_consumers", "Named pollers of the revocation list.", consumers.count)
        gauge(
            "latchkey_revocation_consumers_gone",
            "Those that were silent for far longer than between two polls before.",
            known.count - consumers.count)
        perConsumer(
            "latchkey_consumer_lag_entries", "Entries of the list that a named poller has not acknowledged.",
            consumers.map { ($0.name, Double($0.behind)) }, named: named)
        perConsumer(
            "latchkey_consumer_lag_seconds", "For how long a named poller has been behind the list.",
            consumers.map { ($0.name, Double($0.lag(at: now).wholeMilliseconds) / 1000) }, named: named)
    }

    private mutating func perConsumer(_ name: String, _ help: String, _ values: [(String, Double)], named: Bool) {
        head(name, "gauge", named ? help : help + " The largest of all.")
        guard named else { return text += PrometheusText.line(name, "", values.map(\.1).max() ?? 0) }
        // One series a name: of several replicas the slowest counts.
        let slowest = Dictionary(values, uniquingKeysWith: max)
        for (consumer, value) in slowest.sorted(by: { $0.key < $1.key }) {
            text += PrometheusText.line(name, PrometheusText.labels([("consumer", consumer)]), value)
        }
    }

    private mutating func gauge(_ name: String, _ help: String, _ value: some BinaryInteger) {
        head(name, "gauge", help)
        text += PrometheusText.line(name, "", Double(value))
    }

    private mutating func counter(_ name: String, _ help: String, _ value: some BinaryInteger) {
        head(name, "counter", help)
        text += PrometheusText.line(name, "", Double(value))
    }

    private mutating func head(_ name: String, _ kind: String, _ help: String) {
        text += "# HELP \(name) \(PrometheusText.help(help))\n# TYPE \(name) \(kind)\n"
    }
}
