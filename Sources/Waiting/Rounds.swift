/// Work that many ask for and that is done in rounds: who comes while a round runs shares the next one. So each caller
/// gets what was found after the call, and any number of callers cost one round at a time.
package actor Rounds<Value: Sendable> {
    private let pause: Duration
    private let work: @Sendable () async throws -> Value
    private var next: Task<Value, any Error>?
    private var running: Task<Value, any Error>?
    private var begun: ContinuousClock.Instant?

    /// - Parameter pause: at least this long from the beginning of a round to that of the next one.
    package init(every pause: Duration, _ work: @escaping @Sendable () async throws -> Value) {
        self.pause = pause
        self.work = work
    }

    /// The result of a round that begins after the call. It does not end early when the caller is cancelled, because
    /// others wait for the same one.
    package func join() async throws -> Value {
        if let next { return try await next.value }
        let round = Task { [running, work] in
            _ = await running?.result
            await self.begin()
            return try await work()
        }
        next = round
        return try await round.value
    }

    private func begin() async {
        if let begun { try? await Task.sleep(until: begun + pause) }
        begun = .now
        running = next
        next = nil
    }
}
