import LatchkeyTokens
import Synchronization
import Waiting

/// The lists in memory.
final class StatusShelf: Sendable {
    /// A list into which this node puts tokens. For a store that other nodes write to as well.
    enum Own: Sendable {
        case open(Int64)
        case opening(Task<StatusListRecord, any Error>)
    }

    struct State: Sendable {
        var lists: [Int64: ShelvedStatusList] = [:]
        /// By the expiry of its tokens.
        var own: [Timestamp: Own] = [:]
        /// How lists of other nodes are renewed.
        var rounds: [Int64: Rounds<SignedStatusList?>] = [:]
        /// Of the revocation list by which they were judged.
        private(set) var epoch: String?

        /// In another epoch the same `seq` is something else.
        mutating func begin(epoch: String) {
            guard self.epoch != epoch else { return }
            self.epoch = epoch
            for number in lists.keys { lists[number]?.forgetJudgement() }
        }

        mutating func remove(_ list: StatusListRecord) {
            lists[list.number] = nil
            rounds[list.number] = nil
            if case .open(list.number) = own[list.expiresAt] { own[list.expiresAt] = nil }
        }
    }

    private let state = Mutex(State())

    func withLock<Value: Sendable>(_ body: (inout State) throws -> Value) rethrows -> Value {
        try state.withLock { try body(&$0) }
    }

    /// Notes lists as they are stored. One that is not known here is another node's.
    func note(_ records: [StatusListRecord]) {
        state.withLock { state in
            for record in records where state.lists[record.number] == nil {
                state.lists[record.number] = ShelvedStatusList(record, isOwn: false)
            }
        }
    }
}
