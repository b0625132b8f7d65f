import LatchkeyCore
import LatchkeyTokens

/// A result that is worked out at most once in an interval, however many ask: those who come while it is being worked
/// out share it, so that a flood of probes costs what one costs.
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

    /// The last result while it is recent, else a new one. Does not end early when the caller is cancelled, since others
    /// may wait for the same.
    func value() async -> Value {
        let now = clock.now()
        // A clock that was set back makes the last result look like one of the future: ask anew.
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
