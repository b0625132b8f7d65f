import Glibc
import Synchronization

/// Lets the threads that answer and write go before everything else on the machine while passwords are hashed, where
/// the system permits it: with CAP_SYS_NICE, or a limit on real-time priorities (RLIMIT_RTPRIO) of 2 or more.
///
/// Hashing fills all processors. However little of them the hash threads are granted, Linux's fair scheduling lets what
/// wakes up beside them wait for some milliseconds now and then, the kernel's own thread between a commit and its disk
/// among it. A real-time priority is the one thing that ends this.
///
/// It is held only while hashes run, and not by threads that need much: a flood of cheap requests must lock nobody out
/// of the machine.
final class Precedence: Sendable {
    /// A thread of this process that outlives the hash threads.
    struct Member: Sendable {
        let thread: pthread_t
        /// The larger goes first; 1 or more.
        let priority: Int32
    }

    private struct State {
        var members: [Member] = []
        var hashes = 0
        var isRaised = false
        /// The last look at how much of the processors the members take.
        var lookedAt = ContinuousClock.now
        var usedThen = Duration.zero
        /// Until then the members stay in line.
        var pausedUntil = ContinuousClock.now
    }

    /// Of the time of all processors, what the members may take together.
    static let largestShare = 0.5
    private static let lookEvery: Duration = .milliseconds(200)
    private static let pause: Duration = .seconds(2)
    /// SCHED_RESET_ON_FORK, a macro of the kernel's: threads that these ones start are ordinary ones. Kept when they go
    /// back, since taking it away is a privilege.
    private static let resetOnFork: Int32 = 0x4000_0000

    private let processors: Int
    private let state = Mutex(State())

    init(processors: Int) {
        self.processors = processors
    }

    /// From now on these threads go first while hashes run.
    /// - Returns: false when the system does not permit it; then nothing changes, now or later.
    func grant(_ members: [Member]) -> Bool {
        let isPermitted = members.allSatisfy(Self.raise)
        members.forEach(Self.lower)
        guard isPermitted else { return false }
        state.withLock { $0.members = members }
        return true
    }

    /// Called on a hash thread before a hash.
    func hashBegins() {
        state.withLock { state in
            state.hashes += 1
            let now = ContinuousClock.now
            guard !state.members.isEmpty, now >= state.pausedUntil else { return }
            if !state.isRaised {
                state.members.forEach { _ = Self.raise($0) }
                state.isRaised = true
                look(&state, now)
            } else if now - state.lookedAt >= Self.lookEvery {
                let share = share(look(&state, now))
                if share > Self.largestShare {
                    lower(&state)
                    state.pausedUntil = now + Self.pause
                }
            }
        }
    }

    /// Called on a hash thread after a hash.
    func hashEnds() {
        state.withLock { state in
            state.hashes -= 1
            if state.hashes == 0 { lower(&state) }
        }
    }

    private func lower(_ state: inout State) {
        guard state.isRaised else { return }
        state.members.forEach(Self.lower)
        state.isRaised = false
    }

    /// - Returns: what the members have used since the look before, and in which time.
    @discardableResult
    private func look(_ state: inout State, _ now: ContinuousClock.Instant) -> (used: Duration, time: Duration) {
        let used = state.members.map(Self.processorTime).reduce(.zero, +)
        defer {
            state.lookedAt = now
            state.usedThen = used
        }
        return (used - state.usedThen, now - state.lookedAt)
    }

    private func share(_ look: (used: Duration, time: Duration)) -> Double {
        look.used / look.time / Double(processors)
    }

    // MARK: The system

    private static func raise(_ member: Member) -> Bool {
        set(member.thread, SCHED_RR, member.priority)
    }

    private static func lower(_ member: Member) {
        _ = set(member.thread, SCHED_OTHER, 0)
    }

    private static func set(_ thread: pthread_t, _ policy: Int32, _ priority: Int32) -> Bool {
        var parameters = sched_param(sched_priority: priority)
        // The call reads our local.
        return unsafe pthread_setschedparam(thread, policy | resetOnFork, &parameters) == 0
    }

    private static func processorTime(_ member: Member) -> Duration {
        var clock = clockid_t()
        var time = timespec()
        // Both calls fill our locals.
        guard unsafe pthread_getcpuclockid(member.thread, &clock) == 0, unsafe clock_gettime(clock, &time) == 0 else {
            return .zero
        }
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
