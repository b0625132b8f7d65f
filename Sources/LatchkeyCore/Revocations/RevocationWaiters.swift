/// The long polls that wait for something new: bounded in all and for each address. Each has an instant at which it ends
/// anyhow; whoever owns this asks for those that are due.
struct RevocationWaiters {
    enum Admission: Equatable {
        case wait(id: UInt64)
        /// No place left: answer after a bare timer.
        case timerOnly
        case refused
        /// The server is shutting down: answer at once.
        case drain
    }

    typealias Continuation = CheckedContinuation<Void, Never>

    private struct Waiter {
        let continuation: Continuation
        let deadline: ContinuousClock.Instant
    }

    private var nextID: UInt64 = 0
    private var parked: [UInt64: Waiter] = [:]
    private var admitted = 0
    private var perAddress: [String: Int] = [:]
    private var timers = 0
    private var timersPerAddress: [String: Int] = [:]

    /// Long polls that hold a place.
    var count: Int { admitted }

    mutating func admit(address: String, total: Int, perAddress limit: Int) -> Admission {
        guard admitted < total, perAddress[address, default: 0] < limit else {
            // Timers are cheap but not free: as many again as there are places, and for one address sixteen
            // times its places, so that a network of services behind one is still told to wait, and a flood is not.
            guard timers < total, timersPerAddress[address, default: 0] < max(limit, 1) * 16 else { return .refused }
            timers += 1
            timersPerAddress[address, default: 0] += 1
            return .timerOnly
        }
        admitted += 1
        perAddress[address, default: 0] += 1
        nextID += 1
        return .wait(id: nextID)
    }

    mutating func park(_ id: UInt64, _ continuation: Continuation, until deadline: ContinuousClock.Instant) {
        parked[id] = Waiter(continuation: continuation, deadline: deadline)
    }

    mutating func unpark(_ id: UInt64) -> Continuation? {
        parked.removeValue(forKey: id)?.continuation
    }

    mutating func removeAll() -> [Continuation] {
        defer { parked.removeAll(keepingCapacity: true) }
        return parked.values.map(\.continuation)
    }

    /// Takes those whose time is up.
    mutating func removeDue(at now: ContinuousClock.Instant) -> [Continuation] {
        let due = parked.filter { $0.value.deadline <= now }
        for id in due.keys { parked[id] = nil }
        return due.values.map(\.continuation)
    }

    mutating func leave(_ id: UInt64, address: String) {
        admitted -= 1
        let left = perAddress[address, default: 1] - 1
        perAddress[address] = left > 0 ? left : nil
    }

    mutating func leaveTimer(address: String) {
        timers -= 1
        let left = timersPerAddress[address, default: 1] - 1
        timersPerAddress[address] = left > 0 ? left : nil
    }
}
