extension HashPool {
    /// A job with its types erased: what to run, and how to answer the caller that waits.
    struct Job: Sendable {
        /// Runs on a hash thread and returns how to hand over the result, which happens after the bookkeeping.
        let perform: @Sendable (borrowing HashWorker) -> @Sendable () -> Void
        let refuse: @Sendable (any Error) -> Void
    }

    /// What a hash thread does next.
    enum Step {
        case run(Job, weight: Int)
        case releaseArena
        case stop
    }

    /// Everything that the threads and the callers share, changed only under the monitor's lock. No I/O, no waiting.
    struct State {
        var queue: HashQueue<Job>
        var load: HashLoad
        /// Weight of the job that each busy thread runs.
        var running: [Int: Int] = [:]
        var completed = 0
        var refused = 0
        var isStopping = false
        var liveThreads = 0

        init(threads: Int, limits: HashQueue<Job>.Limits) {
            queue = HashQueue(limits: limits)
            load = HashLoad(threads: threads)
        }

        /// Queues a job or returns at once why not.
        mutating func admit(
            _ job: Job, id: UInt64, group: FairnessGroup, weight: Int, maxQueueWait: Duration
        ) throws(HashPoolRefusal) {
            try checkRoom(group: group, weight: weight, maxQueueWait: maxQueueWait)
            do { try queue.push(id: id, group: group, weight: weight, element: job) } catch { throw refuseFull() }
        }

        /// Says why a job would not be queued now, and then counts it as refused.
        mutating func checkRoom(
            group: FairnessGroup, weight: Int, maxQueueWait: Duration
        ) throws(HashPoolRefusal) {
            guard !isStopping else {
                refused += 1
                throw .shuttingDown
            }
            // The counts first: they are cheap, and a flood should cost as little as possible.
            do { try queue.checkRoom(for: group) } catch { throw refuseFull() }
            let ahead = queue.workAhead(of: group, weight: weight)
            let wait = load.waitSeconds(workAhead: ahead, running: Array(running.values))
            let limit = maxQueueWait / .seconds(1)
            guard wait <= limit else {
                refused += 1
                throw .overloaded(retryAfter: Self.wholeSeconds(wait - limit))
            }
        }

        private mutating func refuseFull() -> HashPoolRefusal {
            refused += 1
            let wait = load.waitSeconds(workAhead: queue.work, running: Array(running.values))
            return .overloaded(retryAfter: Self.wholeSeconds(wait))
        }

        /// The next step of one thread; nil when it must sleep.
        mutating func nextStep(ofThread thread: Int) -> Step? {
            if let entry = queue.pop() {
                running[thread] = entry.weight
                return .run(entry.element, weight: entry.weight)
            }
            return isStopping ? .stop : nil
        }

        mutating func finish(thread: Int, weight: Int, elapsed: Duration) {
            running[thread] = nil
            completed += 1
            load.record(elapsed, weight: weight)
        }

        private static func wholeSeconds(_ seconds: Double) -> Duration {
            .seconds(Int(min(max(1, seconds.rounded(.up)), 60)))
        }
    }
}

extension HashPool {
    /// A snapshot of the pool's figures, for metrics.
    package struct Statistics: Sendable, Equatable {
        /// Jobs that wait.
        package var queued: Int
        /// Jobs on a thread now.
        package var running: Int
        /// Jobs that ran to their end since the start, including failed ones.
        package var completed: Int
        /// Jobs refused since the start, by a limit or by shutdown. Cancelled ones are not counted.
        package var refused: Int
        /// Weighted mean of recent seconds per unit of weight; nil before the first job.
        package var meanJobSeconds: Double?
    }

    /// A consistent snapshot: all figures are of one moment.
    package var statistics: Statistics {
        core.monitor.withLock { state in
            Statistics(
                queued: state.queue.count, running: state.running.count, completed: state.completed,
                refused: state.refused, meanJobSeconds: state.load.meanSeconds)
        }
    }
}

/// How long a queued job will wait, estimated from the duration of recent jobs. Pure.
struct HashLoad {
    /// How much the newest job moves the mean: about the last 20 jobs count.
    private static let smoothing = 0.1
    /// Assumed until the first job has been measured: a hash with the default parameters, generously.
    private static let presumedSeconds = 0.03

    /// Exponentially weighted mean of the seconds that one unit of weight takes; nil before the first job.
    private(set) var meanSeconds: Double?
    let threads: Int

    init(threads: Int) { self.threads = threads }

    mutating func record(_ elapsed: Duration, weight: Int) {
        let seconds = max(0, elapsed / .seconds(1)) / Double(max(1, weight))
        guard let mean = meanSeconds else {
            meanSeconds = seconds
            return
        }
        meanSeconds = mean + (seconds - mean) * Self.smoothing
    }

    /// Expected seconds until a job starts that has `workAhead` units queued before it.
    ///
    /// With a thread free and nothing ahead it is zero. Otherwise the first thread to finish is at worst at the start
    /// of the lightest running job, and then all threads share the work ahead.
    func waitSeconds(workAhead: Int, running: [Int]) -> Double {
        let mean = meanSeconds ?? Self.presumedSeconds
        let untilFirstIsFree = running.count < threads ? 0 : Double(running.min() ?? 0)
        return mean * (untilFirstIsFree + Double(workAhead) / Double(threads))
    }
}
