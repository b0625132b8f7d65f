import Synchronization

/// Leave to look at one password. Holds one of the pair's slots until it is released, at the latest when it is let go
/// of.
package final class Admission: Sendable {
    /// What a successful login resets, in the transaction that begins its session: its own pair and nothing else.
    package let resetOnSuccess: [ThrottleBucket]
    /// What a failed one counts in.
    let countedOnFailure: [ThrottleBucket]

    private let giveBack: Mutex<(@Sendable () -> Void)?>

    init(
        resetOnSuccess: [ThrottleBucket], countedOnFailure: [ThrottleBucket], giveBack: @escaping @Sendable () -> Void
    ) {
        self.resetOnSuccess = resetOnSuccess
        self.countedOnFailure = countedOnFailure
        self.giveBack = Mutex(giveBack)
    }

    deinit { release() }

    /// Lets the next attempt of the pair be checked. Call it once the outcome is on disk; again has no effect.
    package func release() {
        let action = giveBack.withLock { action in
            defer { action = nil }
            return action
        }
        action?()
    }
}
