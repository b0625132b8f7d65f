package import LatchkeyTokens
import ServiceLifecycle
import Synchronization
import Waiting

/// Wakes the long polls of receivers when an event enters their stream, and remembers when each polled last.
///
/// The events themselves stay in the database: a receiver polls rarely, and unacknowledged events must outlive this
/// process.
package final class EventFeed: Service, Sendable {
    private let settings: Settings
    private let clock: Clock
    private let state = Mutex(State())
    private let room = WaitingRoom<Int64>()

    private struct State {
        /// Grows with each change of a stream; holds only streams that changed since the start.
        var versions: [Int64: UInt64] = [:]
        var lastPolls: [Int64: Timestamp] = [:]
    }

    /// How a wait ended.
    package enum Outcome: Sendable, Equatable {
        /// Something arrived, the time is up or the server stops: read what there is.
        case waited
        case refused(retryAfter: Duration)
    }

    /// Streams whose last poll is remembered; beyond that, all are forgotten.
    private static let rememberedPolls = 10_000

    package init(settings: Settings, clock: Clock) {
        self.settings = settings
        self.clock = clock
    }

    /// Called by the store on its writer thread, after the commit.
    package func streamsChanged(_ streams: Set<Int64>) {
        state.withLock { state in
            for stream in streams { state.versions[stream, default: 0] += 1 }
        }
        room.release(streams)
    }

    /// Read it before the stream: a wait from this version misses nothing that arrives in between.
    package func version(of stream: Int64) -> UInt64 {
        state.withLock { $0.versions[stream, default: 0] }
    }

    /// Long polls that are being held.
    package var waiting: Int { room.count }

    /// Holds until the stream is no longer at `version`, at most for the longest long poll of the settings.
    package func wait(for stream: Int64, at version: UInt64) async -> Outcome {
        let limits = settings.revocations
        let places = WaitingRoom<Int64>.Places(
            total: limits.maxWaiters, perKey: Settings.SharedSignals.maxWaitersPerStream)
        let hadPlace = await room.wait(stream, places, until: .now + limits.maxWait) {
            self.version(of: stream) != version
        }
        return hadPlace ? .waited : .refused(retryAfter: limits.nextUpdate)
    }

    /// Notes a poll, for operators.
    package func notePoll(of stream: Int64) {
        let now = clock.now()
        state.withLock { state in
            if state.lastPolls.count >= Self.rememberedPolls, state.lastPolls[stream] == nil {
                state.lastPolls.removeAll()
            }
            state.lastPolls[stream] = now
        }
    }

    /// When the stream was last polled since the start; nil if it was not.
    package func lastPoll(of stream: Int64) -> Timestamp? { state.withLock { $0.lastPolls[stream] } }

    /// Answers every long poll at once and holds no new one: for shutdown.
    package func drain() { room.drain() }

    /// Ends polls whose time is up, until shutdown; then drains.
    package func run() async throws {
        await cancelWhenGracefulShutdown { await self.room.run() }
        drain()
    }
}

/// Passes changes on to both feeds of one store.
package struct Feeds: StoreObserver {
    private let revocations: RevocationFeed
    private let events: EventFeed

    package init(revocations: RevocationFeed, events: EventFeed) {
        self.revocations = revocations
        self.events = events
    }

    package func committed(_ records: [RevocationRecord]) { revocations.committed(records) }

    package func streamsChanged(_ streams: Set<Int64>) { events.streamsChanged(streams) }

    package func checked(_ check: StoreCheck) { revocations.checked(check) }

    package func unreadable() { revocations.unreadable() }

    package func restarted(epoch: String, sequence: Int64, records: [RevocationRecord]) {
        revocations.restarted(epoch: epoch, sequence: sequence, records: records)
    }
}
