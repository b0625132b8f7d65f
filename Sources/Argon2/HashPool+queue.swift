/// The jobs that wait for a hash thread: fair between groups and bounded. Pure, without threads or clocks.
///
/// Groups take turns: each gets one unit of work per round, however many jobs it has queued, and a job of weight n
/// needs n rounds. Kept as virtual time: a job is due `weight` after its group was last served, the clock is at the due
/// time of the last served job, and the smallest due time goes first (between equals the job that has waited longest).
/// A group that comes back starts at the clock, so it neither saves up turns nor pays for old ones.
///
/// Two consequences protect against a flooder. The work ahead of a newcomer is what will be served before *its* turn,
/// so a network with nothing queued waits for at most one job of the flooder while the flooder itself waits for all of
/// its own; refusing by expected wait therefore refuses the flooder first. And because a count limits the memory of the
/// queue, no group may hold more than a quarter of that count, or one network could fill it with jobs that are cheap
/// enough to stay within the wait.
struct HashQueue<Element> {
    struct Limits: Sendable {
        /// Jobs in total. At up to a KiB of password each, about a MiB.
        var total = 1024
        /// Jobs of one group.
        var perGroup = 256
    }

    struct Entry {
        let id: UInt64
        let weight: Int
        let element: Element
    }

    /// Why a job is not accepted, however short the wait.
    enum Full: Error, Equatable {
        case total
        case group
    }

    private struct Waiting {
        var entries: [Entry]
        /// Sum of the weights of `entries`.
        var work: Int
        /// Virtual time at which the group was last served, or entered.
        var served: Int
    }

    private let limits: Limits
    private var groups: [FairnessGroup: Waiting] = [:]
    private var groupOfEntry: [UInt64: FairnessGroup] = [:]
    private var clock = 0

    init(limits: Limits = Limits()) { self.limits = limits }

    /// Jobs waiting, over all groups.
    var count: Int { groupOfEntry.count }

    /// Work waiting over all groups, in units of weight.
    var work: Int { groups.values.reduce(0) { $0 + $1.work } }

    /// Units of work that will be served before a new job of this group. Later arrivals of other groups may still come
    /// first; they pass the same test, which limits by how much.
    func workAhead(of group: FairnessGroup, weight: Int) -> Int {
        let own = groups[group]
        let ownWork = own?.work ?? 0
        let due = (own.map(start(of:)) ?? clock) + ownWork + Self.bounded(weight)
        let others = groups.reduce(0) { sum, other in
            other.key == group ? sum : sum + min(other.value.work, max(0, due - start(of: other.value)))
        }
        return ownWork + others
    }

    /// Whether the bounds leave room for one more job of this group.
    func checkRoom(for group: FairnessGroup) throws(Full) {
        guard count < limits.total else { throw .total }
        guard groups[group]?.entries.count ?? 0 < limits.perGroup else { throw .group }
    }

    /// Appends a job to its group. `id` must be new; ids rise with time.
    mutating func push(id: UInt64, group: FairnessGroup, weight: Int, element: Element) throws(Full) {
        try checkRoom(for: group)
        let weight = Self.bounded(weight)
        groups[group, default: Waiting(entries: [], work: 0, served: clock)]
            .entries.append(Entry(id: id, weight: weight, element: element))
        groups[group]?.work += weight
        groupOfEntry[id] = group
    }

    /// Takes the next job.
    mutating func pop() -> Entry? {
        var next: (group: FairnessGroup, due: Int, id: UInt64)?
        for (group, waiting) in groups {
            guard let head = waiting.entries.first else { continue }
            let due = start(of: waiting) + head.weight
            if let best = next, (best.due, best.id) < (due, head.id) { continue }
            next = (group, due, head.id)
        }
        guard let next else { return nil }
        clock = next.due
        groups[next.group]?.served = next.due
        return take(next.id, from: next.group)
    }

    /// Removes a job that is no longer needed; nil when it is not queued (running, done or never seen).
    mutating func remove(_ id: UInt64) -> Entry? {
        guard let group = groupOfEntry[id] else { return nil }
        return take(id, from: group)
    }

    /// Empties the queue and returns its content.
    mutating func removeAll() -> [Entry] {
        defer {
            groups = [:]
            groupOfEntry = [:]
        }
        return groups.values.flatMap(\.entries).sorted { $0.id < $1.id }
    }

    /// Virtual time from which the group's first job counts its rounds. The job is never due before the clock: when a
    /// heavy job at the head is withdrawn, the light one behind it goes next, but the group does not get back the
    /// rounds that the heavy one had waited.
    private func start(of waiting: Waiting) -> Int { max(waiting.served, clock - (waiting.entries.first?.weight ?? 0)) }

    private mutating func take(_ id: UInt64, from group: FairnessGroup) -> Entry? {
        guard let index = groups[group]?.entries.firstIndex(where: { $0.id == id }) else { return nil }
        let entry = groups[group]?.entries.remove(at: index)
        groups[group]?.work -= entry?.weight ?? 0
        if groups[group]?.entries.isEmpty ?? false { groups[group] = nil }
        groupOfEntry[id] = nil
        return entry
    }

    /// A job costs something, and a nonsensical weight must not overflow the sums.
    private static func bounded(_ weight: Int) -> Int { min(max(1, weight), 1_000_000) }
}

/// Who takes turns in the queue: a source network, or a name for work of our own such as an import.
package struct FairnessGroup: Sendable, Hashable {
    private let name: String

    /// Jobs with equal names share one turn.
    package init(_ name: String) { self.name = name }
}
