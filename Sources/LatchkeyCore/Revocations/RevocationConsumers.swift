package import LatchkeyTokens

/// A service that polls the list, identified by the name that it gives itself and by its address: the same name from
/// several addresses counts as several. For display only: a name is not trusted, except where `revocations.access` is
/// `clients` and the name is that of the authenticated client. A service that borrows a name speaks only for its own
/// address.
package struct ConsumerStatus: Sendable, Equatable {
    package let name: String
    /// The consumer has everything up to this `seq`; `nil` before its first delta request.
    package let acknowledged: Int64?
    /// How many `seq` it has not acknowledged.
    package let behind: Int64
    /// When the oldest of those was published; `nil` when it is up to date.
    package let behindSince: Timestamp?
    /// When it last asked or was answered.
    package let lastSeen: Timestamp
    package let address: String
    /// It has not asked for far longer than its usual time between two polls: it was removed or does not work. Its
    /// progress means nothing any more.
    package let isGone: Bool

    /// How long it has been behind.
    package func lag(at now: Timestamp) -> Duration {
        behindSince.map { max(.zero, now - $0) } ?? .zero
    }

    /// Whether the consumer has everything up to `sequence`.
    package func hasAcknowledged(_ sequence: Int64) -> Bool {
        (acknowledged ?? -1) >= sequence
    }
}

/// Known consumers, bounded: the one seen longest ago makes room, first of all among those of the same address.
struct RevocationConsumers {
    static let capacity = 1000
    /// Names of one address beyond which that address makes room for its own new names.
    private static let ownShare = 64
    /// A consumer that has not asked for this long is forgotten.
    static let memory: Duration = .seconds(86400)

    struct Row {
        var acknowledged: Int64?
        var firstSeen: Timestamp
        var lastSeen: Timestamp
        /// The longest recent time between two sightings: each sighting lets it fade by an eighth.
        var rhythm: Duration = .zero
    }

    /// A consumer counts as gone after a silence of this many times its rhythm.
    private static let missedPolls = 3
    /// The longest silence before it counts as gone, whatever its rhythm.
    private static let longestSilence: Duration = .seconds(3600)
    private(set) var rows: [ConsumerKey: Row] = [:]
    /// What other nodes are to be told; nil where there are none.
    var news: ConsumerNews?
    private var publications = PublicationTimes()

    /// - Parameters:
    ///   - acknowledged: `nil` when the request acknowledges nothing.
    ///   - isAnswer: the request was noted when it arrived and is now being answered. A consumer that has left or was
    ///     forgotten since then stays forgotten.
    mutating func note(_ name: String, acknowledged: Int64?, address: String, isAnswer: Bool = false, now: Timestamp) {
        let key = ConsumerKey(name: name, address: address)
        if isAnswer, rows[key] == nil { return }
        if rows[key] == nil { makeRoom(for: address) }
        var row = rows[key] ?? Row(firstSeen: now, lastSeen: now)
        if let acknowledged { row.acknowledged = max(acknowledged, row.acknowledged ?? 0) }
        row.rhythm = max(now - row.lastSeen, row.rhythm * 7 / 8)
        row.lastSeen = now
        rows[key] = row
        news?.changed.insert(key)
    }

    /// A client that invents names pushes out its own before those of others.
    private mutating func makeRoom(for address: String) {
        guard rows.count >= Self.capacity else { return }
        let own = rows.filter { $0.key.address == address }
        let candidates = own.count > Self.ownShare ? own : rows
        guard let oldest = candidates.min(by: { $0.value.lastSeen < $1.value.lastSeen })?.key else { return }
        rows[oldest] = nil
        news?.displaced.insert(oldest)
    }

    /// What another node knows. It is no news to tell.
    mutating func set(_ key: ConsumerKey, to row: Row?) {
        if row != nil, rows[key] == nil { makeRoom(for: key.address) }
        rows[key] = row
    }

    /// The numbers of the log begin again: what was acknowledged means nothing any more.
    mutating func forgetAcknowledged() {
        for key in rows.keys { rows[key]?.acknowledged = nil }
    }

    /// Notes when entries from `sequence` on were published.
    mutating func published(from sequence: Int64, at now: Timestamp) {
        publications.note(sequence, at: now)
    }

    /// Forgets the consumer with this name, at one address or at all.
    /// - Returns: how many there were.
    mutating func forget(_ name: String, address: String?, now: Timestamp) -> Int {
        let left = rows.keys.filter { $0.name == name && (address ?? $0.address) == $0.address }
        for key in left {
            rows[key] = nil
            news?.left[key] = now
        }
        return left.count
    }

    /// By name; a consumer that was not seen for a day is forgotten.
    /// - Parameter patience: how long any consumer may be silent: a long poll may be held for that long.
    mutating func list(sequence: Int64, patience: Duration, now: Timestamp) -> [ConsumerStatus] {
        rows = rows.filter { now - $0.value.lastSeen < Self.memory }
        return rows.map { key, row in
            let behind = max(0, sequence - (row.acknowledged ?? 0))
            // A consumer that never acknowledged anything has been behind at most since it became known.
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

/// When each `seq` was published, for as many commits as matter. A consumer that is further behind counts as behind
/// since the oldest known commit.
private struct PublicationTimes {
    private static let capacity = 4096
    private var marks: [(sequence: Int64, at: Timestamp)] = []
    /// The index of the oldest mark once the ring is full.
    private var start = 0

    mutating func note(_ sequence: Int64, at now: Timestamp) {
        guard marks.count == Self.capacity else { return marks.append((sequence, now)) }
        marks[start] = (sequence, now)
        start = (start + 1) % Self.capacity
    }

    /// The time of the commit with this `seq`, or of the oldest known commit if that came later.
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
