/// The pool takes no job now. Answered at once: a refused caller has not waited.
package enum HashPoolRefusal: Error, Equatable {
    /// The expected wait is over the limit, or the queue is full. `retryAfter` is whole seconds, 1 to 60.
    case overloaded(retryAfter: Duration)
    /// The server is stopping.
    case shuttingDown
}

/// The system gave the pool no thread.
package struct HashPoolStartFailure: Error, Equatable {
    /// The system's error number.
    package let errno: Int32
}
