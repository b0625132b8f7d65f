import LatchkeyCore
import LatchkeyTokens

/// The gauges that are read at each scrape. The store's part is missing if it could not be read, which
/// `latchkey_store_readable` shows.
struct ScrapedGauges: Sendable {
    /// The sources of the gauges.
    struct Sources: Sendable {
        let health: ServerHealth
        let feed: RevocationFeed
        /// Nil with `shared_signals.enabled` off.
        let events: EventFeed?
        let reuses: ReuseWatch
        /// Whether consumers are clients, with names that cannot be invented.
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

    let store: StoreFigures?
    let sources: Sources
    let surroundings: Readiness.Surroundings

    func write(to page: inout PrometheusPage) {
        page.gauge(
            "latchkey_store_readable", "Whether the database could be read for this scrape.", store == nil ? 0 : 1)
        if let store { addStore(store.statistics, to: &page) }
        if let sharing = sources.health.sharingFigures { addSharing(sharing.figures, sharing.lookedAgo, to: &page) }
        page.gauge("latchkey_revocations_live", "Live entries of the revocation list.", sources.feed.liveEntries)
        page.gauge("latchkey_revocations_seq", "The list's current seq.", sources.feed.sequence)
        page.gauge("latchkey_revocation_waiters", "Long polls that are being held.", sources.feed.waiting)
        addConsumers(
            sources.feed.consumers(), named: sources.namesConsumers,
            now: sources.clock.now(), to: &page)
        if let events = sources.events {
            page.gauge("latchkey_event_waiters", "Polls of event streams that are being held.", events.waiting)
            if let store { addStreams(store.streams, to: &page) }
        }
        addReuses(sources.reuses.figures, to: &page)
        if let validity = surroundings.certificate.validity {
            page.gauge(
                "latchkey_tls_certificate_not_after_seconds",
                "When the served TLS certificate expires, Unix time.",
                validity.notAfter.seconds)
        }
        if let dropped = surroundings.droppedLogLines?() {
            page.counter("latchkey_log_lines_dropped_total", "Lines of the log that could not be written.", dropped)
        }
        let hashing = sources.health.hashing
        page.gauge("latchkey_hash_queue", "Passwords that wait for a hash thread.", hashing.queued)
        page.gauge("latchkey_hash_running", "Passwords being hashed.", hashing.running)
        page.counter("latchkey_hash_completed_total", "Passwords hashed since start.", hashing.completed)
        page.counter("latchkey_hash_refused_total", "Passwords turned away since start.", hashing.refused)
    }

    private func addStore(_ store: StoreStatistics, to page: inout PrometheusPage) {
        page.gauge("latchkey_users", "Accounts.", store.users)
        page.gauge("latchkey_clients", "Clients.", store.clients)
        page.gauge("latchkey_sessions", "Session rows, live or waiting for the sweep.", store.sessions)
        page.gauge("latchkey_audit_events", "Lines of the audit trail.", store.auditEvents)
        page.gauge("latchkey_database_bytes", "Size of the database.", store.databaseBytes)
        if let bytes = store.writeAheadLogBytes {
            page.gauge("latchkey_write_ahead_log_bytes", "Size of the write-ahead log.", bytes)
        }
        let commits = store.commits
        page.counter("latchkey_store_batches_total", "Commits since start.", commits.batches)
        page.counter(
            "latchkey_store_transactions_total", "Transactions that shared those commits.", commits.transactions)
        page.head("latchkey_store_commit_seconds", .histogram, "Duration of commits, including the disk.")
        durations("latchkey_store_commit_seconds", "", commits.times, to: &page)
    }

    /// Of a node that shares its database with others.
    private func addSharing(_ figures: SharingFigures, _ lookedAgo: Duration?, to page: inout PrometheusPage) {
        let turn = "latchkey_turn_seconds"
        page.head(
            turn, .histogram,
            "How long transactions waited for their locks, with one round trip: those that run alone in the cluster, and "
                + "those that run beside others.")
        durations(turn, PrometheusPage.labels([("runs", "alone")]), figures.turns, to: &page)
        durations(turn, PrometheusPage.labels([("runs", "beside")]), figures.others, to: &page)
        let set = "latchkey_hot_set_size"
        page.head(set, .histogram, "Refreshes, session uses and client tokens that were decided together.")
        page.histogram(
            set, "", bounds: SizeHistogram.bounds.map(Double.init), counts: figures.sets.counts,
            sum: Double(figures.sets.sum))
        page.counter(
            "latchkey_store_conflicts_total", "Transactions that ran again because another one was in their way.",
            figures.conflicts)
        page.counter(
            "latchkey_old_primary_connections_total",
            "Connections that were refused because they led to a server that is no longer the primary.",
            figures.refusedConnections)
        guard let lookedAgo else { return }
        let look = "latchkey_database_look_age_seconds"
        page.head(look, .gauge, "How long ago this node has looked at what other nodes committed.")
        page.line(look, "", lookedAgo / .seconds(1))
    }

    private func durations(
        _ name: String, _ labels: String, _ histogram: DurationHistogram, to page: inout PrometheusPage
    ) {
        page.histogram(
            name, labels, bounds: DurationHistogram.bounds.map { $0 / .seconds(1) }, counts: histogram.counts,
            sum: histogram.sum / .seconds(1))
    }

    private func addReuses(_ figures: ReuseWatch.Figures, to page: inout PrometheusPage) {
        page.counter(
            "latchkey_refresh_reuses_total", "Refresh tokens used a second time soon after the first, since start.",
            figures.answers)
        page.counter(
            "latchkey_refresh_reuses_elsewhere_total",
            "Of those, tokens used from another network than the first time.",
            figures.elsewhere)
        page.counter(
            "latchkey_refresh_reuse_runs_total",
            "Sessions in which this happened in successive generations: two parties may hold the tokens.", figures.runs)
    }

    private func addStreams(_ streams: [EventStreamRecord], to page: inout PrometheusPage) {
        page.gauge("latchkey_event_streams", "Streams of security events.", streams.count)
        page.gauge(
            "latchkey_events_pending_max", "Events that the slowest receiver has not acknowledged.",
            streams.map(\.pending).max() ?? 0)
        page.gauge(
            "latchkey_events_dropped", "Events of the current streams dropped unacknowledged, as too many or too old.",
            streams.map(\.dropped).reduce(0, +))
    }

    /// With names only if those are clients': a name that anybody may invent would, over time, be a label without limit
    /// in the monitoring system. Without names, the slowest stands for all. A consumer that has left no longer lags.
    private func addConsumers(
        _ known: [ConsumerStatus], named: Bool, now: Timestamp, to page: inout PrometheusPage
    ) {
        let consumers = known.filter { !$0.isGone }
        page.gauge("latchkey_revocation_consumers", "Named pollers of the revocation list.", consumers.count)
        page.gauge(
            "latchkey_revocation_consumers_gone",
            "Named pollers that have been silent for far longer than between earlier polls.",
            known.count - consumers.count)
        perConsumer(
            "latchkey_consumer_lag_entries", "Entries of the list that a named poller has not acknowledged.",
            consumers.map { ($0.name, Double($0.behind)) }, named: named, to: &page)
        perConsumer(
            "latchkey_consumer_lag_seconds", "How long a named poller has been behind the list.",
            consumers.map { ($0.name, Double($0.lag(at: now).wholeMilliseconds) / 1000) }, named: named, to: &page)
    }

    private func perConsumer(
        _ name: String, _ help: String, _ values: [(String, Double)], named: Bool, to page: inout PrometheusPage
    ) {
        page.head(name, .gauge, named ? help : help + " The largest value of all pollers.")
        guard named else { return page.line(name, "", values.map(\.1).max() ?? 0) }
        // One series per name: of several replicas the slowest counts.
        let slowest = Dictionary(values, uniquingKeysWith: max)
        for (consumer, value) in slowest.sorted(by: { $0.key < $1.key }) {
            page.line(name, PrometheusPage.labels([("consumer", consumer)]), value)
        }
    }
}
