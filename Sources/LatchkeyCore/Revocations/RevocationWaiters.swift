/// The long polls that wait: for something new, or, where the places for that are taken, for a moment to pass. Both kinds
/// are bounded in all and for each address. Each has an instant at which it ends anyhow; whoever owns this asks for those
/// that are due, so that a waiter costs an entry here and no timer of its own.
struct RevocationWaiters {
    /// Names one waiter.
    struct ID: Hashable {
        fileprivate let number: UInt64
        fileprivate let isTimer: Bool
    }

    enum Admission: Equatable {
        /// News wake it.
        case wait(ID)
        /// Time alone wakes it.
        case timer(ID)
        /// Not even that: answer at once.
        case noPlace
    }

    typealias Continuation = CheckedContinuation<Void, Never>

    private struct Waiter {
        let continuation: Continuation
        let deadline: ContinuousClock.Instant
    }

    /// One kind of waiters.
    private struct Places {
        var parked: [UInt64: Waiter] = [:]
        var taken = 0
        var perAddress: [String: Int] = [:]

        mutating func take(address: String, total: Int, perAddress limit: Int) -> Bool {
            guard taken < total, perAddress[address, default: 0] < limit else { return false }
            taken += 1
            perAddress[address, default: 0] += 1
            return true
        }

        mutating func giveBack(address: String) {
            taken -= 1
            let left = perAddress[address, default: 1] - 1
            perAddress[address] = left > 0 ? left : nil
        }

        mutating func removeAll() -> [Continuation] {
            defer { parked.removeAll(keepingCapacity: true) }
            return parked.values.map(\.continuation)
        }

        mutating func removeDue(at now: ContinuousClock.Instant) -> [Continuation] {
            let due = parked.filter { $0.value.deadline <= now }
            for id in due.keys { parked[id] = nil }
            return due.values.map(\.continuation)
        }
    }

    /// Of the places for one address, so many times as many of its polls may wait for a moment: a network of services
    /// behind one address is still told to wait, and a flood is not.
    private static let timersPerPlace = 16

    private var nextNumber: UInt64 = 0
    private var waits = Places()
    private var timers = Places()

    /// Long polls that news wake.
    var count: Int { waits.taken }
    /// Long polls that time alone wakes.
    var timerCount: Int { timers.taken }

    mutating func admit(address: String, total: Int, perAddress limit: Int) -> Admission {
        nextNumber += 1
        if waits.take(address: address, total: total, perAddress: limit) {
            return .wait(ID(number: nextNumber, isTimer: false))
        }
        guard timers.take(address: address, total: total, perAddress: max(limit, 1) * Self.timersPerPlace) else {
            return .noPlace
        }
        return .timer(ID(number: nextNumber, isTimer: true))
    }

    mutating func park(_ id: ID, _ continuation: Continuation, until deadline: ContinuousClock.Instant) {
        let waiter = Waiter(continuation: continuation, deadline: deadline)
        if id.isTimer { timers.parked[id.number] = waiter } else { waits.parked[id.number] = waiter }
    }

    mutating func unpark(_ id: ID) -> Continuation? {
        guard id.isTimer else { return waits.parked.removeValue(forKey: id.number)?.continuation }
        return timers.parked.removeValue(forKey: id.number)?.continuation
    }

    /// Takes those whom news wake.
    mutating func removeForNews() -> [Continuation] { waits.removeAll() }

    mutating func removeEverybody() -> [Continuation] { waits.removeAll() + timers.removeAll() }

    /// Takes those whose time is up.
    mutating func removeDue(at now: ContinuousClock.Instant) -> [Continuation] {
        waits.removeDue(at: now) + timers.removeDue(at: now)
    }

    mutating func leave(_ id: ID, address: String) {
        if id.isTimer { timers.giveBack(address: address) } else { waits.giveBack(address: address) }
    }
}
