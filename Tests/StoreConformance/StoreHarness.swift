package import LatchkeyCore
import LatchkeyTokens
import Synchronization
import Testing

/// A store under test with a clock that the case moves and a record of what the observer was told.
package final class StoreHarness: Sendable {
    package typealias Open = @Sendable (Clock, any StoreObserver) async throws -> any Store

    private let open: Open
    private let opened: Mutex<any Store>
    private let instant: InstantBox
    let observer = RecordingObserver()
    /// What the tokens of the cases are tagged with.
    let masterKeys = MasterKeyRing.generate()

    init(_ open: @escaping Open) async throws {
        self.open = open
        instant = InstantBox()
        opened = Mutex(try await open(instant.clock, observer))
    }

    var store: any Store { opened.withLock { $0 } }
    var now: Timestamp { instant.now }

    func advance(by duration: Duration) { instant.now = instant.now + duration }

    /// What upkeep does in a round: everything but sessions, and then sessions up to the limit or to their end.
    /// - Returns: how many rows went.
    func sweep(_ policy: SweepPolicy, limit: Int) async throws -> Int {
        var removed = try await store.sweep(policy, limit: limit)
        var position: SessionID?
        while removed < limit {
            let look = try await store.sweepSessions(policy, after: position, limit: limit - removed)
            removed += look.removed
            guard let next = look.next else { break }
            position = next
        }
        return removed
    }

    /// Shuts the store down and opens it again at the same place.
    func reopen() async throws {
        await store.shutdown()
        let again = try await open(instant.clock, observer)
        opened.withLock { $0 = again }
    }

    /// Every entry was told once, in order, without a hole.
    func expectSoundLog() {
        let sequences = observer.records.map(\.entry.sequence)
        #expect(sequences == sequences.indices.map { Int64($0) + 1 }, "observed \(sequences)")
    }
}

private final class InstantBox: Sendable {
    private let instant = Mutex(Timestamp(seconds: 1_795_420_800))

    var now: Timestamp {
        get { instant.withLock { $0 } }
        set { instant.withLock { $0 = newValue } }
    }

    var clock: Clock { Clock(now: { self.now }, sleep: { self.now = self.now + $0 }) }
}

/// Keeps what it is told.
package final class RecordingObserver: StoreObserver {
    private let told = Mutex<[RevocationRecord]>([])

    package init() {}

    package var records: [RevocationRecord] { told.withLock { $0 } }

    package func committed(_ records: [RevocationRecord]) { told.withLock { $0 += records } }
}
