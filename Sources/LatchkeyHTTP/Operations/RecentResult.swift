import LatchkeyCore
import LatchkeyTokens

/// A result that is computed at most once per interval, however many callers ask. Callers that arrive meanwhile share
/// it, so that a flood of probes costs as much as one.
actor RecentResult<Value: Sendable> {
    private let interval: Duration
    private let clock: Clock
    private let work: @Sendable () async -> Value
    private var last: (value: Value, at: Timestamp)?
    private var running: Task<Value, Never>?

    init(every interval: Duration, clock: Clock, _ work: @escaping @Sendable () async -> Value) {
        self.interval = interval
        self.clock = clock
        self.work = work
    }

    /// The last result while it is recent, otherwise a new one. It does not end early when the caller is cancelled,
    /// because others may wait for the same result.
    func value() async -> Value {
        let now = clock.now()
        // A clock that was set back makes the last result look like one from the future: compute again.
        if let last, now >= last.at, now < last.at + interval { return last.value }
        if let running { return await running.value }
        let task = Task { [work] in await work() }
        running = task
        let value = await task.value
        last = (value, now)
        running = nil
        return value
    }
}
