import NIOCore
import Synchronization

/// A connection's place in the budget, and since when it has had no request under way. Set on the connection's event
/// loop, read by code that needs the place for another connection.
final class ConnectionPlace: Sendable {
    private static let busy: UInt64 = 0

    private let budget: ConnectionBudget
    /// Uptime in nanoseconds; ``busy`` while there is a request.
    private let idleSince: Atomic<UInt64>

    init(budget: ConnectionBudget) {
        self.budget = budget
        // A connection that has not sent anything yet is idle: its client does not wait for a response.
        idleSince = Atomic(NIODeadline.now().uptimeNanoseconds)
    }

    /// Nil while there is a request.
    var idle: UInt64? {
        let instant = idleSince.load(ordering: .relaxed)
        return instant == Self.busy ? nil : instant
    }

    /// A request has begun.
    func begin() { idleSince.store(Self.busy, ordering: .relaxed) }

    /// The last response is out.
    /// - Returns: whether the connection is to be closed now, because another waits for its place.
    func end(at instant: NIODeadline) -> Bool {
        idleSince.store(instant.uptimeNanoseconds, ordering: .relaxed)
        return budget.isWanted && budget.takeWanted()
    }
}
