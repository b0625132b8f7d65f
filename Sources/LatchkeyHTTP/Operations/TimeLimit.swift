import Waiting

/// Limits the wait for work that may hang with a disk and cannot be cancelled.
enum TimeLimit {
    /// The result of `work`, or nil when it takes longer than `limit`; the work then continues without its caller.
    static func result<Value: Sendable>(
        within limit: Duration, of work: @escaping @Sendable () async -> Value
    ) async -> Value? {
        let waiter = Waiter<Value?>()
        Task { waiter.release(await work()) }
        let timer = Task {
            try? await Task.sleep(for: limit)
            waiter.release(nil)
        }
        defer { timer.cancel() }
        return await waiter.value { waiter.release(nil) }
    }
}
