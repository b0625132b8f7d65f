package import LatchkeyTokens
import ServiceLifecycle
import Synchronization

/// What a poller asks for: the entries after `after` in `epoch`, or everything.
package struct RevocationQuery: Sendable, Hashable {
    package let after: Int64?
    package let epoch: String?

    package init(after: Int64? = nil, epoch: String? = nil) {
        self.after = after
        self.epoch = epoch
    }
}

/// A document of the list, ready to be sent.
package struct RevocationReply: Sendable {
    /// JSON, UTF-8.
    package let body: [UInt8]
    /// Weak entity tag of epoch, `seq` and the set of live entries; not of `now`.
    package let etag: String
    /// What the entries are relative to; 0 for a snapshot.
    package let after: Int64
    package let sequence: Int64
    package let isEmpty: Bool
}

/// How a long poll ended.
package enum RevocationWait: Sendable {
    /// Something newer came, or the time was up: `reply` says which.
    case answered(RevocationReply)
    /// Too many waiters: answer after `next_update` without holding a place.
    case answerAfter(Duration)
    /// Even those are too many.
    case refused(retryAfter: Duration)
}

/// The revocation list in memory: live entries, the index that our own API checks, prebuilt documents, and the pollers
/// that wait for something new.
///
/// The store calls ``committed(_:)`` on its writer thread before anybody whose write was in that commit gets an
/// answer, so a revocation is visible here as soon as its request returns.
package final class RevocationFeed: StoreObserver, Service {
    private let settings: Settings
    private let clock: Clock
    private let ring: KeyRing
    private let state: Mutex<State>

    struct State {
        /// Until ``start(store:)`` has loaded the real one.
        var epoch = "0"
        var sequence: Int64 = 0
        /// Ascending by `seq`.
        var entries: [RevocationEntry] = []
        var index = RevocationIndex()
        /// Counts the times that entries left: with epoch and `seq` it names the set of live entries.
        var departures = 0
        var nextExpiry: Timestamp?
        var documents: [RevocationQuery: BuiltDocument] = [:]
        var signed: [RevocationQuery: SignedDocument] = [:]
        var waiters = RevocationWaiters()
        var consumers = ConsumerTable()
        var isDraining = false
    }

    struct BuiltDocument {
        let reply: RevocationReply
        let builtAt: Int64
    }

    struct SignedDocument {
        let text: [UInt8]
        let etag: String
        let builtAt: Timestamp
        let keyVersion: Int64
    }

    /// Documents for so many different `after` are kept prebuilt; pollers that keep up share one or two.
    private static let cachedDocuments = 64
    /// Entries in a delta; who misses more gets the snapshot.
    private static let longestDelta = 1000

    package init(settings: Settings, clock: Clock, ring: KeyRing) {
        self.settings = settings
        self.clock = clock
        self.ring = ring
        self.state = Mutex(State())
    }

    /// Loads the live entries. Before anything is served, and after a restore.
    package func start(store: any Store) async throws {
        let stored = try await store.revocationState()
        var loaded: [RevocationEntry] = []
        while true {
            let batch = try await store.revocations(after: loaded.last?.sequence ?? 0, limit: 5000)
            loaded += batch.map(\.entry)
            if batch.count < 5000 { break }
        }
        let entries = loaded
        state.withLock { state in
            state = State()
            state.epoch = stored.epoch
            state.sequence = stored.lastSequence
            state.entries = entries
            for entry in entries { state.index.insert(entry) }
            state.nextExpiry = entries.map(\.expiresAt).min()
        }
    }

    /// Called by the store on its writer thread. Quick: appends, and wakes who waits.
    package func committed(_ records: [RevocationRecord]) {
        let woken = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            for record in records where record.entry.sequence > state.sequence {
                state.entries.append(record.entry)
                state.index.insert(record.entry)
                state.sequence = record.entry.sequence
                state.nextExpiry = min(state.nextExpiry ?? record.entry.expiresAt, record.entry.expiresAt)
            }
            state.documents.removeAll(keepingCapacity: true)
            state.signed.removeAll(keepingCapacity: true)
            return state.waiters.removeAll()
        }
        for waiter in woken { waiter.resume() }
    }

    /// The first live entry that makes this token invalid. O(1).
    package func match(_ token: VerifiedToken) -> RevocationEntry? {
        state.withLock { $0.index.firstMatch(for: token.claims, keyID: token.keyID) }
    }

    /// Whether this token is revoked, as of which `seq`. O(1).
    package func judge(_ token: RevocationSubject) -> (isRevoked: Bool, sequence: Int64) {
        state.withLock { ($0.index.revokes(token), $0.sequence) }
    }

    /// The live entries as a value, for judging many tokens outside of the lock. Whoever holds it for long makes the next
    /// entry copy the index.
    package func snapshot() -> (index: RevocationIndex, sequence: Int64) {
        state.withLock { ($0.index, $0.sequence) }
    }

    package var sequence: Int64 { state.withLock { $0.sequence } }
    package var liveEntries: Int { state.withLock { $0.entries.count } }
    package var waiting: Int { state.withLock { $0.waiters.count } }

    /// The document for a query: a delta when `epoch` is the current one and `after` is not ahead of us, else the full
    /// snapshot, never an error.
    package func read(_ query: RevocationQuery) -> RevocationReply {
        let now = clock.now()
        let (built, plan) = state.withLock { state -> (RevocationReply?, Plan) in
            prune(&state, now: now)
            let plan = makePlan(for: query, in: state, variant: "json")
            guard let built = state.documents[plan.key], built.builtAt == now.seconds else { return (nil, plan) }
            return (built.reply, plan)
        }
        if let built { return built }
        // Encoded outside of the lock: the writer and every bearer check take it too.
        let document = plan.document(now: now, settings: settings)
        let reply = RevocationReply(
            body: document.encode(), etag: plan.etag, after: document.after, sequence: document.sequence,
            isEmpty: document.entries.isEmpty)
        state.withLock { state in
            guard makePlan(for: query, in: state, variant: "json").etag == plan.etag else { return }
            if state.documents.count >= Self.cachedDocuments { state.documents.removeAll(keepingCapacity: true) }
            state.documents[plan.key] = BuiltDocument(reply: reply, builtAt: now.seconds)
        }
        return reply
    }

    /// Holds until there is something newer than `query.after`, at most `seconds`.
    /// - Parameter address: whose waiters are counted together.
    package func wait(_ query: RevocationQuery, seconds: Duration, address: String) async -> RevocationWait {
        let first = read(query)
        guard first.after > 0 || query.after == 0, first.isEmpty, query.epoch != nil, seconds > .zero else {
            return .answered(first)
        }
        let limits = settings.revocations
        let admission = state.withLock { state -> RevocationWaiters.Admission in
            state.isDraining
                ? .drain
                : state.waiters.admit(
                    address: address, total: limits.maxWaiters, perAddress: limits.maxWaitersPerAddress)
        }
        switch admission {
        case .drain: return .answered(first)
        case .refused: return .refused(retryAfter: limits.nextUpdate)
        case .timerOnly:
            try? await clock.sleep(min(limits.nextUpdate, seconds))
            state.withLock { $0.waiters.leaveTimer() }
            return .answered(read(query))
        case .wait(let id):
            await suspend(id, seen: first.sequence, atMost: min(seconds, limits.maxWait))
            state.withLock { $0.waiters.leave(id, address: address) }
            return .answered(read(query))
        }
    }

    /// The same document as a signed JWS (`typ: revocations+jwt`), signed again every `next_update` while somebody asks.
    /// - Throws: when there is no active key or signing fails.
    package func signed(_ query: RevocationQuery) throws -> (text: [UInt8], etag: String) {
        let now = clock.now()
        let snapshot = ring.current
        guard let signer = snapshot.signer(for: settings.tokens.algorithm) else {
            throw StoreUnavailable("no active signing key for the revocation list")
        }
        let (cached, plan) = state.withLock { state -> (SignedDocument?, Plan) in
            prune(&state, now: now)
            let plan = makePlan(for: query, in: state, variant: "jwt")
            return (state.signed[plan.key], plan)
        }
        if let cached, cached.etag == plan.etag, cached.keyVersion == snapshot.version,
            now.milliseconds - cached.builtAt.milliseconds < settings.revocations.nextUpdate.wholeMilliseconds
        {
            return (cached.text, plan.etag)
        }
        let text = try signer.sign(
            plan.document(now: now, settings: settings), expiresAfter: settings.revocations.expiresIn)
        state.withLock { state in
            if state.signed.count >= Self.cachedDocuments { state.signed.removeAll(keepingCapacity: true) }
            state.signed[plan.key] = SignedDocument(
                text: text, etag: plan.etag, builtAt: now, keyVersion: snapshot.version)
        }
        return (text, plan.etag)
    }

    /// Notes that a consumer asked, and so has everything up to `after`.
    package func noteConsumer(_ name: String, acknowledged: Int64?, address: String) {
        let now = clock.now()
        state.withLock { state in
            let sequence = state.sequence
            state.consumers.note(
                name, acknowledged: acknowledged.map { min($0, sequence) }, address: address, now: now)
        }
    }

    /// Who polls, by name, with how far behind each is.
    package func consumers() -> [ConsumerStatus] {
        state.withLock { $0.consumers.list(sequence: $0.sequence) }
    }

    /// Answers every long poll at once and holds no new one: at shutdown.
    package func drain() {
        let woken = state.withLock { state in
            state.isDraining = true
            return state.waiters.removeAll()
        }
        for waiter in woken { waiter.resume() }
    }

    /// Waits for shutdown, then drains.
    package func run() async throws {
        try await gracefulShutdown()
        drain()
    }

    // MARK: - Inside the lock

    /// What goes into a document: taken under the lock without copying an entry, encoded outside of it.
    private struct Plan {
        let key: RevocationQuery
        let etag: String
        let epoch: String
        let after: Int64
        let sequence: Int64
        let entries: ArraySlice<RevocationEntry>

        func document(now: Timestamp, settings: Settings) -> RevocationDocument {
            RevocationDocument(
                issuer: settings.issuer, epoch: epoch, after: after, sequence: sequence, now: now,
                nextUpdate: settings.revocations.nextUpdate.components.seconds,
                expiresIn: settings.revocations.expiresIn.components.seconds, entries: Array(entries))
        }
    }

    private func makePlan(for query: RevocationQuery, in state: borrowing State, variant: String) -> Plan {
        var after: Int64 = 0
        if let asked = query.after, query.epoch == state.epoch, asked <= state.sequence { after = asked }
        // Ascending, so the newer entries are a suffix; the search is logarithmic.
        var low = 0
        var high = state.entries.count
        while low < high {
            let middle = (low + high) / 2
            if state.entries[middle].sequence <= after { low = middle + 1 } else { high = middle }
        }
        // Whoever is far behind shares the snapshot with everybody else: documents made to measure stay small, so
        // neither the work nor the cache grows with what strangers ask for.
        if state.entries.count - low > Self.longestDelta { (after, low) = (0, 0) }
        let etag =
            "W/\"\(state.epoch.prefix(16))-\(state.sequence)-\(state.departures)-\(after)-\(variant)\""
        return Plan(
            key: RevocationQuery(after: after, epoch: nil), etag: etag, epoch: state.epoch, after: after,
            sequence: state.sequence, entries: state.entries[low...])
    }

    private func prune(_ state: inout State, now: Timestamp) {
        guard let next = state.nextExpiry, next <= now else { return }
        state.entries.removeAll { $0.expiresAt <= now }
        state.index.prune(at: now)
        state.departures += 1
        state.nextExpiry = state.entries.map(\.expiresAt).min()
        state.documents.removeAll(keepingCapacity: true)
        state.signed.removeAll(keepingCapacity: true)
    }

    /// Suspends until woken, cancelled or out of time. Nothing is lost between the read and the wait: a commit in
    /// between has moved `sequence`, which is compared when the continuation is stored.
    private func suspend(_ id: UInt64, seen: Int64, atMost limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await withTaskCancellationHandler {
                    await withCheckedContinuation { continuation in
                        let resumeNow = self.state.withLock { state -> Bool in
                            if state.sequence != seen || state.isDraining || Task.isCancelled { return true }
                            state.waiters.park(id, continuation)
                            return false
                        }
                        if resumeNow { continuation.resume() }
                    }
                } onCancel: {
                    self.state.withLock { $0.waiters.unpark(id) }?.resume()
                }
            }
            group.addTask { [clock] in try? await clock.sleep(limit) }
            await group.next()
            group.cancelAll()
        }
    }
}

extension KeyRingSnapshot.Signer {
    /// Signs a document of the list, valid for `lifetime` from its `now`.
    fileprivate func sign(_ document: RevocationDocument, expiresAfter lifetime: Duration) throws -> [UInt8] {
        try SignedRevocationDocument.sign(
            document, issuedAt: document.now, expiresAt: document.now + lifetime,
            headerSegment: JWSHeader(algorithm: algorithm, type: JWSHeader.revocationsType, keyID: id).segment()
        ) { input in try signature(of: input) }
    }
}
