package import LatchkeyTokens
import ServiceLifecycle
import Synchronization
import Waiting

/// What a poller requests: the entries after `after` in `epoch`, or everything.
package struct RevocationQuery: Sendable, Hashable {
    package let after: Int64?
    package let epoch: String?

    package init(after: Int64? = nil, epoch: String? = nil) {
        self.after = after
        self.epoch = epoch
    }
}

/// The revocation list in memory: live entries, the index that our own API checks, and the pollers that wait for news
/// (in a file of their own, as is what a store shared with other nodes adds).
///
/// The store calls ``committed(_:)`` on its writer thread before any caller whose write was in that commit gets an
/// answer. So a revocation is visible here as soon as its request returns.
package final class RevocationFeed: StoreObserver, Service {
    let settings: Settings
    let clock: Clock
    let state = Mutex(State())
    /// Long polls that news wake, by address.
    let waits = WaitingRoom<String>()
    /// Long polls that found no place there: only time ends them.
    let timers = WaitingRoom<String>()
    let nudges = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    /// The list of a shared store must be loaded again.
    let loads = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    /// Who else is told of each check of a shared store.
    let follow = Mutex<[@Sendable (StoreCheck) -> Void]>([])

    struct State {
        /// A placeholder until ``start(store:)`` has loaded the real one.
        var epoch = "0"
        var list = LiveRevocations()
        /// The store's clock, from ``start(store:)`` on.
        var expiryClock: ExpiryClock?
        var consumers = RevocationConsumers()
        /// Whether ``run()`` wakes the waiters; before and after it, commits wake them.
        var isPaced = false
        /// With ``isPaced``, the last `seq` at the latest wake-up.
        var told: Int64 = 0
        /// What was committed since a load of the list began; nil while there is none.
        var arrivals: [RevocationRecord]?
        /// For a store that other nodes write to.
        var following: FollowedList?

        fileprivate var stamp: RevocationStamp {
            RevocationStamp(
                epoch: epoch, sequence: list.sequence, departures: list.departures, node: following?.node)
        }

        fileprivate mutating func prune(at now: Timestamp) {
            guard list.mayHaveExpired(at: now) else { return }
            // The time of a document is that of its list: what has not expired by then is in it.
            list.prune(at: min(expiryClock?.now() ?? now, now))
        }

        /// The time of a document that is made now. It is not later than the last moment at which nothing was missing.
        func time(_ clock: Clock) -> Timestamp { following?.upTo ?? clock.now() }

        /// Whether entries after `sequence`, if any, wait for the next wake-up to publish them.
        func isUntold(_ sequence: Int64) -> Bool { isPaced && sequence >= told }

        fileprivate mutating func append(_ records: [RevocationRecord], at now: Timestamp) {
            let before = list.sequence
            for record in records where record.entry.sequence > list.sequence { list.append(record.entry) }
            if list.sequence > before { consumers.published(from: before + 1, at: now) }
        }
    }

    /// The most entries in a delta; a poller that lacks more gets the snapshot.
    private static let longestDelta = 1000

    package init(settings: Settings, clock: Clock) {
        self.settings = settings
        self.clock = clock
    }

    /// Loads the live entries. Call it before anything is served, and after a restore.
    package func start(store: any Store) async throws {
        if let shared = store.sharing {
            try await start(following: FollowedList(shared, of: store), expiryClock: store.expiryClock)
        } else {
            begin(expiryClock: store.expiryClock)
            install(try await store.storedRevocations(at: store.expiryClock.now()))
        }
    }

    /// From now on, what is committed is kept for the list that is being loaded.
    func begin(expiryClock: ExpiryClock) {
        state.withLock { state in
            state.expiryClock = expiryClock
            state.arrivals = []
        }
    }

    /// Puts a list in the place of the known one, with what has arrived since it was read.
    /// - Parameter isLoaded: whether its reading began with ``begin(expiryClock:)``. It is dropped if another list came
    ///   meanwhile, which is newer.
    func install(_ stored: StoredRevocations, isLoaded: Bool = true) {
        var list = LiveRevocations(sequence: stored.sequence)
        for entry in stored.entries { list.append(entry) }
        let loaded = list
        let now = clock.now()
        state.withLock { state in
            if isLoaded, state.arrivals == nil { return }
            let arrivals = state.arrivals ?? []
            state.arrivals = nil
            if state.epoch != stored.epoch { state.consumers.forgetAcknowledged() }
            state.epoch = stored.epoch
            state.list = loaded
            state.append(arrivals, at: now)
            state.told = state.list.sequence
            state.following?.installed(epoch: stored.epoch, sequence: state.list.sequence)
        }
        waits.release()
    }

    /// Called by the store on its writer thread. Quick: it appends entries and wakes waiters.
    package func committed(_ records: [RevocationRecord]) {
        let now = clock.now()
        let isPaced = state.withLock { state in
            state.arrivals?.append(contentsOf: records)
            state.append(records, at: now)
            return state.isPaced
        }
        if isPaced { nudges.continuation.yield() } else { waits.release() }
    }

    /// The first live entry that makes this token invalid. O(1).
    package func match(_ token: VerifiedToken) -> RevocationEntry? {
        state.withLock { $0.list.index.firstMatch(for: token.claims, keyID: token.keyID) }
    }

    /// Whether this token is revoked, and as of which `seq`. O(1).
    package func judge(_ token: RevocationSubject) -> (isRevoked: Bool, sequence: Int64) {
        state.withLock { ($0.list.index.revokes(token), $0.list.sequence) }
    }

    package typealias Snapshot = (index: RevocationIndex, sequence: Int64, epoch: String)

    /// The live entries as a value, for checking many tokens outside the lock. Copies nothing.
    package func snapshot() -> Snapshot {
        state.withLock { ($0.list.index, $0.list.sequence, $0.epoch) }
    }

    package var sequence: Int64 { state.withLock { $0.list.sequence } }
    package var liveEntries: Int { state.withLock { $0.list.count } }
    package var waiting: Int { waits.count }
    /// Long polls that found no place and wait only for time to pass.
    package var waitingForTime: Int { timers.count }

    /// What this list alone answers to a query: a delta when `epoch` is the current one and `after` is not ahead of us,
    /// otherwise the full snapshot, never an error. Copies no entry, whatever the length of the list.
    ///
    /// ``answer(to:)`` is what a poller gets.
    package func read(_ query: RevocationQuery) -> RevocationReading {
        state.withLock { read(query, &$0) }
    }

    func read(_ query: RevocationQuery, _ state: inout State) -> RevocationReading {
        let now = state.time(clock)
        state.prune(at: now)
        var after: Int64 = 0
        if let asked = query.after, query.epoch == state.epoch, asked <= state.list.sequence { after = asked }
        var entries = state.list.entries(after: after)
        // Pollers that are far behind share the snapshot with all others. So individual documents stay small, and
        // neither the work nor the cache grows with what strangers request.
        if after > 0, entries.count > Self.longestDelta {
            after = 0
            entries = state.list.entries(after: 0)
        }
        return RevocationReading(
            issuer: settings.issuer, stamp: state.stamp, after: after, now: now, entries: entries,
            nextUpdate: settings.revocations.nextUpdate, expiresIn: settings.revocations.expiresIn)
    }

    /// Identifies the current list, with the time of a document that is made of it now. Equal stamps mean the same
    /// entries in the same order.
    /// - Returns: nil while the list must not be answered with.
    package func standing() -> (stamp: RevocationStamp, now: Timestamp)? {
        state.withLock { state in
            guard state.following?.isLoading != true else { return nil }
            let now = state.time(clock)
            state.prune(at: now)
            return (state.stamp, now)
        }
    }

    /// The time of a document that is made now.
    package func time() -> Timestamp { state.withLock { $0.time(clock) } }

    /// Notes that a consumer asked, and therefore has everything up to `acknowledged`.
    /// - Parameter isAnswer: the same request is being answered, after it was held.
    package func noteConsumer(_ name: String, acknowledged: Int64?, address: String, isAnswer: Bool = false) {
        let now = clock.now()
        state.withLock { state in
            let sequence = state.list.sequence
            state.consumers.note(
                name, acknowledged: acknowledged.map { min($0, sequence) }, address: address, isAnswer: isAnswer,
                now: now)
        }
    }

    /// Forgets a consumer that has left. If it still polls, it comes back with its next poll.
    /// - Parameter address: nil for all consumers with that name.
    /// - Returns: how many were known.
    package func forgetConsumer(_ name: String, address: String?) -> Int {
        let now = clock.now()
        return state.withLock { $0.consumers.forget(name, address: address, now: now) }
    }

    /// The known pollers by name, with how far behind each is.
    package func consumers() -> [ConsumerStatus] {
        let now = clock.now()
        let patience = settings.revocations.maxWait + settings.revocations.expiresIn
        return state.withLock { $0.consumers.list(sequence: $0.list.sequence, patience: patience, now: now) }
    }
}

/// Identifies a state of the list, without its entries.
package struct RevocationStamp: Sendable, Equatable {
    package let epoch: String
    /// The last assigned `seq`.
    package let sequence: Int64
    /// How often entries have left since the start.
    fileprivate let departures: Int
    /// Of several nodes each counts its own departures.
    fileprivate let node: String?
}

/// One reading of the list: the content of a document before it is encoded.
package struct RevocationReading: Sendable {
    package let issuer: String
    package let stamp: RevocationStamp
    /// The `seq` after which the entries begin; 0 for a snapshot.
    package let after: Int64
    /// When the list was up to date: with a store of our own, when it was read.
    package let now: Timestamp
    package let entries: RevocationEntries
    fileprivate let nextUpdate: Duration
    fileprivate let expiresIn: Duration

    package var epoch: String { stamp.epoch }
    package var sequence: Int64 { stamp.sequence }
    package var isEmpty: Bool { entries.isEmpty }

    /// Names the epoch, `seq`, the set of live entries and the `seq` after which they begin; not ``now``.
    package var name: String {
        "\(epoch.prefix(16))-\(sequence)-\(stamp.departures)-\(after)" + (stamp.node.map { "-\($0)" } ?? "")
    }

    /// The document: copies the entries.
    package func document() -> RevocationDocument {
        RevocationDocument(
            issuer: issuer, epoch: epoch, after: after, sequence: sequence, now: now,
            nextUpdate: nextUpdate.components.seconds, expiresIn: expiresIn.components.seconds,
            entries: entries.array())
    }
}
