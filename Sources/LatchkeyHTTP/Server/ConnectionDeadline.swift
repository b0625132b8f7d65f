import NIOCore

/// The one thing that a connection waits for at a time, with the instant at which it gives up.
///
/// A busy connection sets this several times per request. So setting it schedules nothing while a scheduled task fires
/// early enough: that task checks again when it fires.
struct ConnectionDeadline {
    /// What was not done in time.
    enum Subject {
        /// A request has not arrived completely.
        case request
        /// The client has not accepted a response.
        case response
        /// No request was sent.
        case idle
        /// The client has not closed its side.
        case linger
    }

    private var due: (instant: NIODeadline, subject: Subject)?
    private var wakeUp: Scheduled<Void>?
    private var wakeUpInstant = NIODeadline.distantFuture

    /// Replaces the current subject.
    /// - Parameter look: called at the instant; it must call ``passed(_:look:)``.
    /// - Returns: the present instant.
    @discardableResult
    mutating func set(
        _ subject: Subject, after delay: TimeAmount, on eventLoop: any EventLoop,
        look: @autoclosure () -> @Sendable () -> Void
    ) -> NIODeadline {
        let now = NIODeadline.now()
        let instant = now + delay
        due = (instant, subject)
        if wakeUp == nil || wakeUpInstant > instant { schedule(at: instant, eventLoop, look()) }
        return now
    }

    /// Waits for nothing.
    mutating func clear() { due = nil }

    /// Waits for nothing ever again.
    mutating func cancel() {
        due = nil
        wakeUp?.cancel()
        wakeUp = nil
    }

    /// What has not been done in time, once the instant is reached.
    mutating func passed(on eventLoop: any EventLoop, look: @escaping @Sendable () -> Void) -> Subject? {
        wakeUp = nil
        guard let (instant, subject) = due else { return nil }
        guard instant <= NIODeadline.now() else {
            schedule(at: instant, eventLoop, look)
            return nil
        }
        due = nil
        return subject
    }

    private mutating func schedule(
        at instant: NIODeadline, _ eventLoop: any EventLoop, _ look: @escaping @Sendable () -> Void
    ) {
        wakeUp?.cancel()
        wakeUpInstant = instant
        wakeUp = eventLoop.scheduleTask(deadline: instant, look)
    }
}
