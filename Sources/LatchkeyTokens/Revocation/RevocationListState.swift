/// A verifier's knowledge of one issuer's revocation list, and the rule by which a fetched document changes it.
///
/// Does no I/O: the caller passes documents and the reading of the local clock. **A snapshot adds, it never removes**:
/// an entry is removed only when its `exp` has passed, so neither a restored database nor an old document brings a
/// revoked token back.
public struct RevocationListState: Sendable {
    /// How far the list can be relied upon.
    public enum Freshness: String, Sendable, Hashable {
        /// The last document is younger than its `expires_in`.
        case fresh
        /// A document was loaded, too long ago.
        case stale
        /// No document was ever loaded.
        case blind
    }

    /// What an accepted document changed.
    package enum Applied: String, Sendable, Hashable {
        /// It contained all live entries.
        case snapshot
        /// It contained the new entries.
        case delta
    }

    /// The parameters of the next request for a delta.
    package struct Query: Sendable, Hashable {
        /// `after`
        package let after: Int64
        /// `epoch`
        package let epoch: String
    }

    /// The issuer whose documents are accepted.
    package let issuer: String
    /// How far the clocks may disagree.
    package let skew: ClockSkew
    /// The entries in force.
    package private(set) var index = RevocationIndex()
    /// The query for the next request; nil for a full snapshot.
    package private(set) var nextQuery: Query?
    private let maximumEntries: Int
    private var last: Last?

    /// The values that the last accepted document leaves behind.
    private struct Last: Sendable {
        let age: RevocationListAge
        let epoch: String
        let sequence: Int64
    }

    /// A state without any document.
    ///
    /// - Parameters:
    ///   - skew: clamped to 0 to 120 s.
    ///   - maximumEntries: beyond this number of held entries, documents are refused and the list becomes stale.
    package init(issuer: String, skew: Duration = .seconds(120), maximumEntries: Int = 2_000_000) {
        self.issuer = issuer
        self.skew = ClockSkew(skew)
        self.maximumEntries = maximumEntries
    }

    /// Accepts a document, or refuses it and changes nothing but ``nextQuery``.
    ///
    /// - Parameter instant: the local clock when the document arrived.
    /// - Throws: ``RefusedDocument`` `.wrongIssuer`, `.fromTheFuture`, `.outdated`, `.wentBackwards`, `.gap`,
    ///   `.tooLarge`. After `.gap` the next query asks for a full snapshot.
    @discardableResult
    package mutating func apply(
        _ document: RevocationDocument,
        receivedAt instant: Timestamp
    ) throws(RefusedDocument) -> Applied {
        guard document.issuer.utf8.elementsEqual(issuer.utf8) else {
            throw RefusedDocument(.wrongIssuer, member: "iss")
        }
        guard document.now <= instant + skew.duration else { throw RefusedDocument(.fromTheFuture, member: "now") }
        if let last {
            guard document.now >= last.age.now - skew.duration else { throw RefusedDocument(.outdated, member: "now") }
        }
        let sameEpoch = last?.epoch == document.epoch
        if sameEpoch, let last {
            guard document.sequence >= last.sequence else { throw RefusedDocument(.wentBackwards, member: "seq") }
        }
        let reach = sameEpoch ? last?.sequence ?? 0 : 0
        guard document.after <= reach else {
            nextQuery = nil
            throw RefusedDocument(.gap, member: "after")
        }
        guard index.count + document.entries.count <= maximumEntries else {
            throw RefusedDocument(.tooLarge, member: "entries")
        }
        for entry in document.entries { index.insert(entry) }
        remember(document, receivedAt: instant)
        return document.after == 0 ? .snapshot : .delta
    }

    /// Everything that ``freshness(at:)`` depends on; nil until a document was loaded.
    package var age: RevocationListAge? { last?.age }

    /// How far the list can be relied upon at this reading of the local clock.
    package func freshness(at instant: Timestamp) -> Freshness {
        age?.freshness(at: instant) ?? .blind
    }

    /// Removes the entries whose `exp` passed 120 s ago, both by the local clock and by the server's last `now`. A
    /// clock that jumps ahead for a moment must not forget a revocation. A clock that is set back, or a larger skew
    /// than the server expects, must not revive a token.
    package mutating func prune(at instant: Timestamp) {
        guard let last else { return }
        index.prune(at: min(instant, last.age.now) - ClockSkew.maximum)
    }

    private mutating func remember(_ document: RevocationDocument, receivedAt instant: Timestamp) {
        let offset = min(instant - document.now, skew.duration)
        var expiresIn = document.expiresIn
        // An older copy may shorten the list's life, never lengthen it.
        if let age = last?.age, document.now < age.now { expiresIn = min(expiresIn, age.expiresIn) }
        let age = RevocationListAge(
            now: max(document.now, last?.age.now ?? document.now),
            expiresIn: expiresIn,
            offset: min(offset, last?.age.offset ?? offset),
            skew: skew
        )
        last = Last(age: age, epoch: document.epoch, sequence: document.sequence)
        nextQuery = Query(after: document.sequence, epoch: document.epoch)
    }
}
