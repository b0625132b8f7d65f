package import LatchkeyTokens

/// The live entries in memory: in `seq` order for documents, and indexed by what they name for look-ups.
///
/// Kept in chunks, so that a commit or an expiry touches only the chunks concerned, and a reader of a long list outside
/// the lock causes no copy.
struct LiveRevocations: Sendable {
    private struct Chunk: Sendable {
        var entries: [RevocationEntry] = []
        var earliestExpiry = Timestamp(milliseconds: .max)

        mutating func append(_ entry: RevocationEntry) {
            entries.append(entry)
            earliestExpiry = min(earliestExpiry, entry.expiresAt)
        }
    }

    private static let chunkLength = 1024

    private var chunks: [Chunk] = []
    private(set) var index = RevocationIndex()
    private(set) var count = 0
    /// The last assigned `seq`, whether or not its entry is still live.
    private(set) var sequence: Int64
    /// Counts how often entries left: together with the epoch and ``sequence`` it names the set of live entries.
    private(set) var departures = 0
    private var earliestExpiry = Timestamp(milliseconds: .max)

    init(sequence: Int64 = 0) { self.sequence = sequence }

    /// Adds an entry with a `seq` above all others here.
    mutating func append(_ entry: RevocationEntry) {
        if chunks.last.map({ $0.entries.count >= Self.chunkLength }) ?? true { chunks.append(Chunk()) }
        chunks[chunks.count - 1].append(entry)
        index.insert(entry)
        count += 1
        sequence = max(sequence, entry.sequence)
        earliestExpiry = min(earliestExpiry, entry.expiresAt)
    }

    /// Whether some entry has expired at this instant. O(1).
    func mayHaveExpired(at now: Timestamp) -> Bool { earliestExpiry <= now }

    /// Removes expired entries.
    mutating func prune(at now: Timestamp) {
        guard mayHaveExpired(at: now) else { return }
        departures += 1
        var expired: [RevocationEntry] = []
        for position in chunks.indices where chunks[position].earliestExpiry <= now {
            var kept = Chunk()
            for entry in chunks[position].entries {
                if entry.expiresAt <= now { expired.append(entry) } else { kept.append(entry) }
            }
            chunks[position] = kept
        }
        chunks.removeAll { $0.entries.isEmpty }
        count -= expired.count
        index.remove(expired, at: now)
        earliestExpiry = chunks.map(\.earliestExpiry).min() ?? Timestamp(milliseconds: .max)
    }

    /// The entries with a greater `seq`; costs a search, not a copy.
    func entries(after sequence: Int64) -> RevocationEntries {
        // Ascending, so the newer entries are a suffix, both of the chunks and within the first of them.
        let first = chunks.partitionPoint { ($0.entries.last?.sequence ?? 0) > sequence }
        guard first < chunks.count else { return RevocationEntries(parts: []) }
        let head = chunks[first].entries
        let start = head.partitionPoint { $0.sequence > sequence }
        return RevocationEntries(parts: [head[start...]] + chunks[(first + 1)...].map { $0.entries[...] })
    }
}

/// Entries of the list in order, sharing the list's memory.
package struct RevocationEntries: Sendable {
    fileprivate let parts: [ArraySlice<RevocationEntry>]

    package var count: Int { parts.reduce(0) { $0 + $1.count } }
    package var isEmpty: Bool { parts.isEmpty }

    /// One array: a copy.
    package func array() -> [RevocationEntry] { Array(parts.joined()) }
}

extension Array {
    /// The first position from which `isBehind` holds, where it holds for a suffix.
    fileprivate func partitionPoint(_ isBehind: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
