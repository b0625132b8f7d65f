package import LatchkeyTokens

/// How up to date the list is on a node of several.
///
/// The time of a document is the last moment at which the node knew that nothing was missing. A node that is cut off
/// goes on answering, and its documents grow old: verifiers find them stale, never wrong.
struct FollowedList: Sendable {
    /// Names this node.
    let node: String
    /// How long ago the database was looked at; nil before the first look.
    let age: @Sendable () -> Duration?
    /// Looks now: see ``SharedStore/catchUp(within:)``.
    let catchUp: @Sendable (Duration) async -> Bool
    /// Reads the list as it is stored, with the entries that are live at this instant.
    let load: @Sendable (Timestamp) async throws -> StoredRevocations
    /// Whether the list is not that of the database: it is of another epoch, or lacks entries. It must be loaded again,
    /// and nobody gets an answer before.
    private(set) var isLoading = true
    /// Whether it lacks entries, which only another list brings.
    private var isWanting = true
    /// Whether it lacks one that this node cannot read.
    private(set) var isUnreadable = false
    /// The database's clock at the last check after which nothing was missing in the list; nil before the first load.
    private(set) var upTo: Timestamp?
    private(set) var latest: StoreCheck?

    init(
        node: String, age: @escaping @Sendable () -> Duration?, catchUp: @escaping @Sendable (Duration) async -> Bool,
        load: @escaping @Sendable (Timestamp) async throws -> StoredRevocations
    ) {
        self.node = node
        self.age = age
        self.catchUp = catchUp
        self.load = load
    }

    init(_ shared: any SharedStore, of store: any Store) {
        self.init(
            node: shared.node, age: { shared.lastCheck?.age }, catchUp: { await shared.catchUp(within: $0) },
            load: { try await store.storedRevocations(at: $0) })
    }

    /// - Parameters:
    ///   - epoch: of the list.
    ///   - sequence: the last of the list.
    mutating func checked(_ check: StoreCheck, epoch: String, sequence: Int64) {
        latest = check
        settle(epoch: epoch, sequence: sequence)
    }

    /// The database has an entry that this node cannot read. Until it could load the list, it has none.
    mutating func metUnreadable() {
        isUnreadable = true
        isWanting = true
        isLoading = true
    }

    /// A list of this epoch up to this `seq` took the place of the one before.
    mutating func installed(epoch: String, sequence: Int64) {
        isUnreadable = false
        isWanting = false
        settle(epoch: epoch, sequence: sequence)
    }

    private mutating func settle(epoch: String, sequence: Int64) {
        guard let latest else { return }
        let isSameEpoch = latest.epoch.utf8.elementsEqual(epoch.utf8)
        if isSameEpoch, latest.sequence > sequence { isWanting = true }
        isLoading = isWanting || !isSameEpoch
        if !isLoading { upTo = latest.at }
    }
}

/// What a node of several may answer to a poll. Verifiers refuse a document with a lower `seq` in an epoch that they
/// know, and so does a node not send one: what a poller knows and the node does not makes it look at the database.
///
/// | the list | epoch of the query | its `after` | before a look | after one |
/// | --- | --- | --- | --- | --- |
/// | is being loaded again | any | any | refuse | refuse |
/// | is that of the database | none | none, or known | answer | answer |
/// | | none | beyond our `seq` | look | answer |
/// | | the list's | none, or known | answer | answer |
/// | | the list's | beyond our `seq` | look | refuse: no database has it |
/// | | another | any | look | answer, with all entries: the epoch really is another |
///
/// Without an answer to the look: refuse.
enum PollVerdict: Sendable, Equatable {
    case answer
    case look
    case refuse

    static func judge(
        _ query: RevocationQuery, epoch: String, sequence: Int64, isLoading: Bool, hasLooked: Bool
    ) -> PollVerdict {
        guard !isLoading else { return .refuse }
        let isAhead = (query.after ?? 0) > sequence
        guard let asked = query.epoch else { return isAhead && !hasLooked ? .look : .answer }
        guard asked.utf8.elementsEqual(epoch.utf8) else { return hasLooked ? .answer : .look }
        guard isAhead else { return .answer }
        return hasLooked ? .refuse : .look
    }
}

/// The list as it is stored, of one moment.
package struct StoredRevocations: Sendable {
    package let epoch: String
    /// The last assigned `seq`.
    package let sequence: Int64
    /// The live ones, in order.
    package let entries: [RevocationEntry]

    package init(epoch: String, sequence: Int64, entries: [RevocationEntry]) {
        self.epoch = epoch
        self.sequence = sequence
        self.entries = entries
    }
}

extension Store {
    /// - Parameter instant: at which the entries are live.
    package func storedRevocations(at instant: Timestamp) async throws -> StoredRevocations {
        try await read(snapshot: true) { looks in
            let state = try looks.state.row().stored
            var entries: [RevocationEntry] = []
            while true {
                // In pieces: a row takes more memory than its entry.
                let batch = try looks.revocations.live(
                    after: entries.last?.sequence ?? 0, at: instant, limit: Self.loadChunk)
                entries += batch.map(\.entry)
                guard batch.count == Self.loadChunk else { break }
            }
            return StoredRevocations(epoch: state.epoch, sequence: state.lastSequence, entries: entries)
        }
    }

    private static var loadChunk: Int { 5000 }
}
