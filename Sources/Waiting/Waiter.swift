import Synchronization

/// One task that waits for one value. It gets the first value that is offered, whether or not it is already waiting,
/// and no other.
///
/// Everything that may end the wait holds this and calls ``release(_:)``: the provider of the value, a time limit, a
/// shutdown, the cancellation of the task itself. So the owner notes the waiter, under its own lock, before the task
/// waits, and nothing is lost in between.
package final class Waiter<Value: Sendable>: Sendable {
    private enum State {
        case notYet
        case waiting(CheckedContinuation<Value, Never>)
        case released(Value)
        case over
    }

    private let state = Mutex(State.notYet)

    /// Used for one wait.
    package init() {}

    /// Lets the task continue with this value. Do not call it under a lock, because it may start the task.
    /// - Returns: whether this was the first value; otherwise the value is dropped, and a provider must find another
    ///   receiver for it.
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

    /// Waits until released. Call it only once.
    /// - Parameter cancelled: called when the task is cancelled, at once if it already is. The wait continues unless
    ///   this releases the waiter, because some work must be waited for to its end.
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
