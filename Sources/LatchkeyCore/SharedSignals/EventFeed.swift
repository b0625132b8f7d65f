package import LatchkeyTokens
import ServiceLifecycle
import Synchronization

/// Wakes the long polls of receivers when something comes into their stream, and remembers when each polled last.
///
/// The events themselves stay in the database: a receiver polls seldom, and what it has not acknowledged must outlive
/// this process.
package final class EventFeed: Service, Sendable {
    private let settings: Settings
    private let clock: Clock
    private let state = Mutex(State())

    private struct State {
        /// Grows with each change of a stream; only of streams that changed since the start.
        var versions: [Int64: UInt64] = [:]
        var lastPolls: [Int64: Timestamp] = [:]
        var waiters = StreamWaiters()
        var isDraining = false
    }

    /// What came of waiting.
    package enum Outcome: Sendable, Equatable {
        /// Something came, the time is up or the server stops: read what there is.
        case waited
        case refused(retryAfter: Duration)
    }

    /// Streams whose last poll is remembered; beyond, all is forgotten.
    private static let rememberedPolls = 10_000

    package init(settings: Settings, clock: Clock) {
        self.settings = settings
        self.clock = clock
    }

    /// Called by the store on its writer thread, after the commit.
    package func streamsChanged(_ streams: Set<Int64>) {
        let woken = state.withLock { state in
            for stream in streams { state.versions[stream, default: 0] += 1 }
            return state.waiters.remove(of: streams)
        }
        for waiter in woken { waiter.resume() }
    }

    /// To be read before the stream is: a wait from it misses nothing that comes in between.
    package func version(of stream: Int64) -> UInt64 {
        state.withLock { $0.versions[stream, default: 0] }
    }

    /// Long polls that are being held.
    package var waiting: Int { state.withLock { $0.waiters.count } }

    /// Holds until the stream is no longer at `version`, at most the longest long poll of the settings.
    package func wait(for stream: Int64, at version: UInt64) async -> Outcome {
        let limits = settings.revocations
        let id = state.withLock { state in
            state.waiters.admit(
                stream: stream, total: limits.maxWaiters, perStream: Settings.SharedSignals.maxWaitersPerStream)
        }
        guard let id else { return .refused(retryAfter: limits.nextUpdate) }
        await suspend(id, stream, version, atMost: limits.maxWait)
        state.withLock { $0.waiters.leave(stream: stream) }
        return .waited
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

    /// When the stream was polled last since the start; nil when it was not.
    package func lastPoll(of stream: Int64) -> Timestamp? { state.withLock { $0.lastPolls[stream] } }

    /// Answers every long poll at once and holds no new one: at shutdown.
    package func drain() {
        let woken = state.withLock { state in
            state.isDraining = true
            return state.waiters.remove(of: nil)
        }
        for waiter in woken { waiter.resume() }
    }

    /// Waits for shutdown, then drains.
    package func run() async throws {
        try await gracefulShutdown()
        drain()
    }

    /// Suspends until woken, cancelled or out of time.
    private func suspend(_ id: UInt64, _ stream: Int64, _ version: UInt64, atMost limit: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await withTaskCancellationHandler {
                    await withCheckedContinuation { continuation in
                        let resumeNow = self.state.withLock { state -> Bool in
                            let isOld = state.versions[stream, default: 0] != version
                            if isOld || state.isDraining || Task.isCancelled { return true }
                            state.waiters.park(id, stream: stream, continuation)
                            return false
                        }
                        if resumeNow { continuation.resume() }
                    }
                } onCancel: {
                    self.state.withLock { $0.waiters.unpark(id) }?.resume()
                }
            }
            group.addTask { [clock] in try? await clock.sleep(limit) }
            await group.next()
            group.cancelAll()
        }
    }
}

/// Tells both feeds of one store.
package struct Feeds: StoreObserver {
    private let revocations: RevocationFeed
    private let events: EventFeed

    package init(revocations: RevocationFeed, events: EventFeed) {
        self.revocations = revocations
        self.events = events
    }

    package func committed(_ records: [RevocationRecord]) { revocations.committed(records) }

    package func streamsChanged(_ streams: Set<Int64>) { events.streamsChanged(streams) }
}
