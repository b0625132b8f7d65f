import NIOCore

/// Runs the tasks of a connection's requests on the connection's own event loop. Between reading a request and writing
/// its response no thread has to be woken, except for work that waits for a disk or a hash.
///
/// So a handler must never occupy the thread for long. Work that takes milliseconds goes to a thread or a queue of its
/// own.
final class EventLoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        // The runtime hands over every job once, and it is run once.
        eventLoop.execute { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

/// The executor of each event loop of a group; they live as long as the listeners that use them.
struct EventLoopExecutors: Sendable {
    private let executors: [ObjectIdentifier: EventLoopExecutor]

    init(_ group: any EventLoopGroup) {
        executors = Dictionary(
            group.makeIterator().map { (ObjectIdentifier($0), EventLoopExecutor($0)) },
            uniquingKeysWith: { first, _ in first })
    }

    /// The loop's executor; a new one for a loop of another group.
    func executor(of eventLoop: any EventLoop) -> EventLoopExecutor {
        executors[ObjectIdentifier(eventLoop)] ?? EventLoopExecutor(eventLoop)
    }
}
