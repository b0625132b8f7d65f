import Synchronization
import Waiting

/// For each pair (account, network), the number of attempts that have passed the throttle's check and are not yet
/// decided.
///
/// Otherwise parallel guesses would all be admitted on the same count of failures. A pair's attempts are checked one at
/// a time (``WaitingLine``), between ``beginCheck(_:)`` and ``endCheck(_:)``.
final class LoginSlots: Sendable {
    private struct Pair {
        var taken = 0
        /// Grows with each release: it shows the attempt under check that the counters it read are out of date.
        var releases: UInt64 = 0
        /// Keeps the entry, and with it `releases`, while an attempt is checked.
        var isChecked = false
        var waiter: Waiter<Void>?
    }

    enum Answer: Equatable {
        case taken
        /// A slot was given back since the mark: read the counters again.
        case outOfDate
        case full
    }

    private let pairs = Mutex<[ThrottleBucket: Pair]>([:])

    func beginCheck(_ pair: ThrottleBucket) {
        pairs.withLock { $0[pair, default: Pair()].isChecked = true }
    }

    func endCheck(_ pair: ThrottleBucket) {
        pairs.withLock { pairs in
            pairs[pair]?.isChecked = false
            if pairs[pair]?.taken == 0 { pairs[pair] = nil }
        }
    }

    /// The state of the pair; read it before the pair's counters.
    func mark(_ pair: ThrottleBucket) -> UInt64 { pairs.withLock { $0[pair]?.releases ?? 0 } }

    /// Takes a slot when fewer than `capacity` are taken and none was given back since `mark`.
    func take(_ pair: ThrottleBucket, capacity: Int, mark: UInt64) -> Answer {
        pairs.withLock { pairs in
            guard var entry = pairs[pair], entry.releases == mark else { return .outOfDate }
            guard entry.taken < capacity else { return .full }
            entry.taken += 1
            pairs[pair] = entry
            return .taken
        }
    }

    /// Returns when a slot of the pair has been given back since `mark`, or when the task is cancelled.
    func release(of pair: ThrottleBucket, since mark: UInt64) async {
        let waiter = Waiter<Void>()
        let isOver = pairs.withLock { pairs in
            guard pairs[pair]?.releases == mark else { return true }
            pairs[pair]?.waiter = waiter
            return false
        }
        if !isOver { await waiter.value { waiter.release(()) } }
    }

    /// Gives a slot back.
    func give(_ pair: ThrottleBucket) {
        let waiter = pairs.withLock { pairs -> Waiter<Void>? in
            guard var entry = pairs[pair] else { return nil }
            let waiter = entry.waiter
            entry.taken -= 1
            entry.releases += 1
            entry.waiter = nil
            pairs[pair] = entry.taken == 0 && !entry.isChecked ? nil : entry
            return waiter
        }
        waiter?.release(())
    }

    /// Taken slots of a pair, for tests.
    func taken(_ pair: ThrottleBucket) -> Int { pairs.withLock { $0[pair]?.taken ?? 0 } }
}
