package import LatchkeyTokens

/// The long polls that wait for something new: bounded in all and for each address.
struct RevocationWaiters {
    enum Admission: Equatable {
        case wait(id: UInt64)
        /// No place left: answer after a bare timer.
        case timerOnly
        case refused
        /// The server is shutting down: answer at once.
        case drain
    }

    private var nextID: UInt64 = 0
    private var parked: [UInt64: CheckedContinuation<Void, Never>] = [:]
    private var admitted = 0
    private var perAddress: [String: Int] = [:]
    private var timers = 0

    /// Long polls that hold a place.
    var count: Int { admitted }

    mutating func admit(address: String, total: Int, perAddress limit: Int) -> Admission {
        guard admitted < total, perAddress[address, default: 0] < limit else {
            // Timers are cheap but not free: as many again as there are places.
            guard timers < total else { return .refused }
            timers += 1
            return .timerOnly
        }
        admitted += 1
        perAddress[address, default: 0] += 1
        nextID += 1
        return .wait(id: nextID)
    }

    mutating func park(_ id: UInt64, _ continuation: CheckedContinuation<Void, Never>) {
        parked[id] = continuation
    }

    mutating func unpark(_ id: UInt64) -> CheckedContinuation<Void, Never>? {
        parked.removeValue(forKey: id)
    }

    mutating func removeAll() -> [CheckedContinuation<Void, Never>] {
        defer { parked.removeAll(keepingCapacity: true) }
        return Array(parked.values)
    }

    mutating func leave(_ id: UInt64, address: String) {
        admitted -= 1
        let left = perAddress[address, default: 1] - 1
        perAddress[address] = left > 0 ? left : nil
    }

    mutating func leaveTimer() { timers -= 1 }
}

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
