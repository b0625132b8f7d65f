package import LatchkeyTokens

/// A service that polls the list, by the name that it gave itself and the address that it polls from: several under one
/// name are several. For display: a name is not trusted for anything, but where `revocations.access` is `clients`, and the
/// name is the authenticated client's. Whoever borrows a name speaks for its own address only.
package struct ConsumerStatus: Sendable, Equatable {
    package let name: String
    /// Everything up to this `seq` has reached it; `nil` before its first delta request.
    package let acknowledged: Int64?
    /// How many `seq` it has not acknowledged.
    package let behind: Int64
    /// When the oldest of those was published; `nil`: it is up to date.
    package let behindSince: Timestamp?
    /// When it last asked or was answered.
    package let lastSeen: Timestamp
    package let address: String
    /// It has not asked for far longer than it used to leave between two polls: it was taken away, or does not work. What
    /// it has and has not says nothing any more.
    package let isGone: Bool

    /// How long it has been behind.
    package func lag(at now: Timestamp) -> Duration {
        behindSince.map { max(.zero, now - $0) } ?? .zero
    }

    /// Whether everything up to `sequence` has reached it.
    package func hasAcknowledged(_ sequence: Int64) -> Bool {
        (acknowledged ?? -1) >= sequence
    }
}

/// Known consumers, bounded: the one seen longest ago makes room, first of all of the same address.
struct RevocationConsumers {
    static let capacity = 1000
    /// Names of one address beyond which that address makes room for its own new ones.
    private static let ownShare = 64
    /// Who has not asked for so long is forgotten.
    static let memory: Duration = .seconds(86400)

    private struct Key: Hashable {
        let name: String
        let address: String
    }

    private struct Row {
        var acknowledged: Int64?
        var firstSeen: Timestamp
        var lastSeen: Timestamp
        /// The longest time between two sightings of late: each one lets it fade by an eighth.
        var rhythm: Duration = .zero
    }

    /// So many times its rhythm may a consumer be silent before it counts as gone.
    private static let missedPolls = 3
    /// But no longer than this, whatever its rhythm was.
    private static let longestSilence: Duration = .seconds(3600)
    private var rows: [Key: Row] = [:]
    private var publications = PublicationTimes()

    /// - Parameters:
    ///   - acknowledged: `nil` when the request acknowledges nothing.
    ///   - isAnswer: it was answered, and was noted when it asked: who has left or was forgotten since stays so.
    mutating func note(_ name: String, acknowledged: Int64?, address: String, isAnswer: Bool = false, now: Timestamp) {
        let key = Key(name: name, address: address)
        if isAnswer, rows[key] == nil { return }
        if rows[key] == nil, rows.count >= Self.capacity { makeRoom(for: address) }
        var row = rows[key] ?? Row(firstSeen: now, lastSeen: now)
        if let acknowledged { row.acknowledged = max(acknowledged, row.acknowledged ?? 0) }
        row.rhythm = max(now - row.lastSeen, row.rhythm * 7 / 8)
        row.lastSeen = now
        rows[key] = row
    }

    /// Who invents names pushes out its own before those of others.
    private mutating func makeRoom(for address: String) {
        let own = rows.filter { $0.key.address == address }
        let candidates = own.count > Self.ownShare ? own : rows
        if let oldest = candidates.min(by: { $0.value.lastSeen < $1.value.lastSeen })?.key { rows[oldest] = nil }
    }

    /// Notes when entries from `sequence` on were published.
    mutating func published(from sequence: Int64, at now: Timestamp) {
        publications.note(sequence, at: now)
    }

    /// Forgets who polls under this name, from one address or from all.
    /// - Returns: how many there were.
    mutating func forget(_ name: String, address: String?) -> Int {
        let before = rows.count
        rows = rows.filter { $0.key.name != name || (address ?? $0.key.address) != $0.key.address }
        return before - rows.count
    }

    /// By name; who was not seen for a day is forgotten.
    /// - Parameter patience: how long anybody may be silent: a long poll may be held for as long as that.
    mutating func list(sequence: Int64, patience: Duration, now: Timestamp) -> [ConsumerStatus] {
        rows = rows.filter { now - $0.value.lastSeen < Self.memory }
        return rows.map { key, row in
            let behind = max(0, sequence - (row.acknowledged ?? 0))
            // Whoever never acknowledged anything has been behind since we know it, at the longest.
            let since = publications.time(of: (row.acknowledged ?? 0) + 1)
            return ConsumerStatus(
                name: key.name, acknowledged: row.acknowledged, behind: behind,
                behindSince: behind > 0 ? max(since ?? row.firstSeen, row.firstSeen) : nil, lastSeen: row.lastSeen,
                address: key.address, isGone: now - row.lastSeen > Self.silence(row.rhythm, patience))
        }
        .sorted { ($0.name, $0.address) < ($1.name, $1.address) }
    }

    private static func silence(_ rhythm: Duration, _ patience: Duration) -> Duration {
        max(patience, min(rhythm * missedPolls, longestSilence))
    }
}

/// When each `seq` was published, for as many commits as matter: a consumer that is further behind counts as behind
/// since the oldest one known.
private struct PublicationTimes {
    private static let capacity = 4096
    private var marks: [(sequence: Int64, at: Timestamp)] = []
    /// Where the oldest mark stands once the ring is full.
    private var start = 0

    mutating func note(_ sequence: Int64, at now: Timestamp) {
        guard marks.count == Self.capacity else { return marks.append((sequence, now)) }
        marks[start] = (sequence, now)
        start = (start + 1) % Self.capacity
    }

    /// The time of the commit that had this `seq`; of the oldest commit known, when that came later.
    func time(of sequence: Int64) -> Timestamp? {
        guard !marks.isEmpty else { return nil }
        func mark(_ position: Int) -> (sequence: Int64, at: Timestamp) { marks[(start + position) % marks.count] }
        // The last mark that begins at or before `sequence`.
        var low = 0
        var high = marks.count
        while low < high {
            let middle = (low + high) / 2
            if mark(middle).sequence <= sequence { low = middle + 1 } else { high = middle }
        }
        return mark(max(0, low - 1)).at
    }
}
