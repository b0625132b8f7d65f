import Synchronization

/// One task that waits for one value. It gets the first that it is given, whether it waits by then or not, and no other.
///
/// Whoever may end the wait holds this and calls ``release(_:)``: who has the value, a time limit, a shutdown, the
/// cancellation of the task itself. So the one who waits is noted wherever its owner keeps such notes, under the owner's
/// lock, before it waits, and nothing is lost in between.
package final class Waiter<Value: Sendable>: Sendable {
    private enum State {
        case notYet
        case waiting(CheckedContinuation<Value, Never>)
        case released(Value)
        case over
    }

    private let state = Mutex(State.notYet)

    /// For one wait.
    package init() {}

    /// Lets the task go on with this value. Not to be called under a lock, since it may start the task.
    /// - Returns: whether this was the first; otherwise the value is dropped, and who had something to hand over has to
    ///   find somebody else for it.
    @discardableResult
    package func release(_ value: Value) -> Bool {
        let (isFirst, continuation) = state.withLock { state -> (Bool, CheckedContinuation<Value, Never>?) in
            switch state {
            case .notYet:
                state = .released(value)
                return (true, nil)
            case .waiting(let continuation):
                state = .over
                return (true, continuation)
            case .released, .over:
                return (false, nil)
            }
        }
        continuation?.resume(returning: value)
        return isFirst
    }

    /// Waits until released. Once only.
    /// - Parameter cancelled: called when the task is cancelled, at once when it is already. The wait goes on unless this
    ///   releases the waiter: what must not be left half done is waited for all the same.
    package func value(cancelled: @Sendable () -> Void = {}) async -> Value {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let early = state.withLock { state -> Value? in
                    switch state {
                    case .notYet:
                        state = .waiting(continuation)
                        return nil
                    case .released(let value):
                        state = .over
                        return value
                    case .waiting, .over:
                        preconditionFailure("a waiter is for one wait")
                    }
                }
                if let early { continuation.resume(returning: early) }
            }
        } onCancel: {
            cancelled()
        }
    }
}
