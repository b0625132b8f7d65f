/// The long polls that wait for an event in their stream: bounded in all and for each stream.
struct StreamWaiters {
    private var nextID: UInt64 = 0
    private var parked: [UInt64: (stream: Int64, continuation: CheckedContinuation<Void, Never>)] = [:]
    private var perStream: [Int64: Int] = [:]

    /// Long polls that hold a place.
    private(set) var count = 0

    /// A place, or nil when there is none.
    mutating func admit(stream: Int64, total: Int, perStream limit: Int) -> UInt64? {
        guard count < total, perStream[stream, default: 0] < limit else { return nil }
        count += 1
        perStream[stream, default: 0] += 1
        nextID += 1
        return nextID
    }

    mutating func park(_ id: UInt64, stream: Int64, _ continuation: CheckedContinuation<Void, Never>) {
        parked[id] = (stream, continuation)
    }

    mutating func unpark(_ id: UInt64) -> CheckedContinuation<Void, Never>? {
        parked.removeValue(forKey: id)?.continuation
    }

    /// Takes out those who wait for one of `streams`; nil: everybody.
    mutating func remove(of streams: Set<Int64>?) -> [CheckedContinuation<Void, Never>] {
        let woken = parked.filter { streams?.contains($0.value.stream) ?? true }
        for id in woken.keys { parked[id] = nil }
        return woken.values.map(\.continuation)
    }

    mutating func leave(stream: Int64) {
        count -= 1
        let left = perStream[stream, default: 1] - 1
        perStream[stream] = left > 0 ? left : nil
    }
}
