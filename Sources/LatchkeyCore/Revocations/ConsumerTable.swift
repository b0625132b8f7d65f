package import LatchkeyTokens

/// A service that polls the list, by the name that it gave itself. For display: a name is not trusted for anything.
package struct ConsumerStatus: Sendable, Equatable {
    package let name: String
    /// Everything up to this `seq` has reached it; `nil` before its first delta request.
    package let acknowledged: Int64?
    /// How many entries it has not acknowledged, and since when it is behind (`nil`: it is up to date).
    package let behind: Int64
    package let behindSince: Timestamp?
    package let lastSeen: Timestamp
    package let address: String
}

/// Known consumers, bounded: the one seen longest ago makes room.
struct ConsumerTable {
    static let capacity = 1000
    static let longestName = 64

    private struct Row {
        var acknowledged: Int64?
        var lastSeen: Timestamp
        var address: String
    }
    private var rows: [String: Row] = [:]

    mutating func note(_ name: String, acknowledged: Int64?, address: String, now: Timestamp) {
        if rows[name] == nil, rows.count >= Self.capacity,
            let oldest = rows.min(by: { $0.value.lastSeen < $1.value.lastSeen })?.key
        {
            rows[oldest] = nil
        }
        var row = rows[name] ?? Row(lastSeen: now, address: address)
        if let acknowledged { row.acknowledged = max(acknowledged, row.acknowledged ?? 0) }
        row.lastSeen = now
        row.address = address
        rows[name] = row
    }

    func list(sequence: Int64) -> [ConsumerStatus] {
        rows.map { name, row in
            let behind = sequence - (row.acknowledged ?? 0)
            return ConsumerStatus(
                name: name, acknowledged: row.acknowledged, behind: behind,
                behindSince: behind > 0 ? row.lastSeen : nil, lastSeen: row.lastSeen, address: row.address)
        }
        .sorted { $0.name < $1.name }
    }
}
