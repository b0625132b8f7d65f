import Foundation
import Glibc
import Synchronization
import Waiting

/// Gives the threads that answer and write a real-time priority over everything else on the machine while passwords are
/// hashed, where the system permits it: with CAP_SYS_NICE, or a limit on real-time priorities (RLIMIT_RTPRIO) of 2 or
/// more.
///
/// Hashing fills all processors. However small the share of the hash threads is, Linux's fair scheduling lets threads
/// that wake up beside them wait for some milliseconds now and then, including the kernel's own thread between a commit
/// and its disk. Only a real-time priority ends this.
///
/// The priority applies only while hashes run, and not to threads that need much time: a flood of cheap requests must
/// not lock users out of the machine. A guard thread that cannot be starved enforces that.
final class Precedence: Sendable {
    /// A thread of this process that outlives the hash threads.
    struct Member: Sendable {
        let thread: pthread_t
        /// The larger priority goes first; 1 or 2.
        let priority: Int32
    }

    private struct State {
        var members: [Member] = []
        /// Hashes that run.
        var hashes = 0
        /// Hashes that have begun since the guard last looked.
        var begun = 0
        var isRaised = false
        /// Whether the guard looks from time to time, or waits for a hash.
        var isGuarded = false
        /// Until then the members have no priority.
        var pausedUntil = ContinuousClock.now
        var isOver = false
    }

    /// The members' largest share of the time of all processors.
    private static let largestShare = 0.5
    private static let lookEvery: UInt32 = 200_000
    private static let pause: Duration = .seconds(2)
    /// The guard's priority: the same as that of the first members.
    private static let highest: Int32 = 2
    /// SCHED_RESET_ON_FORK, a macro of the kernel: threads that these threads start are ordinary ones. It is kept when
    /// they return to the usual class, because removing it requires a privilege.
    private static let resetOnFork: Int32 = 0x4000_0000

    private let processors: Int
    private let state = Mutex(State())
    private let awaken = DispatchSemaphore(value: 0)

    init(processors: Int) {
        self.processors = processors
    }

    /// From now on these threads have priority while hashes run. Call it only once.
    /// - Returns: false when the system does not permit it, or when one of them is already in another class than the
    ///   usual one; in that case nothing changes, now or later.
    func grant(_ members: [Member]) -> Bool {
        let raised = members.prefix { Self.raise($0) }
        raised.forEach(Self.lower)
        guard raised.count == members.count else { return false }
        OwnThread.start("precedence") { [self] in guardMembers() }
        state.withLock { $0.members = members }
        return true
    }

    /// Forgets the members, which may end after that. No hash runs any more.
    func withdraw() {
        state.withLock { state in
            Self.lower(&state)
            state.members = []
            state.isOver = true
        }
        awaken.signal()
    }

    /// Called on a hash thread before a hash.
    func hashBegins() {
        state.withLock { state in
            state.hashes += 1
            state.begun += 1
            guard !state.members.isEmpty else { return }
            // Before any of them gets the priority, because this thread may not run for a while after that.
            if !state.isGuarded { awaken.signal() }
            state.isGuarded = true
            guard !state.isRaised, .now >= state.pausedUntil else { return }
            state.members.forEach { _ = Self.raise($0) }
            state.isRaised = true
        }
    }

    /// Called on a hash thread after a hash.
    func hashEnds() {
        state.withLock { state in
            state.hashes -= 1
            if state.hashes == 0 { Self.lower(&state) }
        }
    }

    private static func lower(_ state: inout State) {
        guard state.isRaised else { return }
        state.members.forEach(Self.lower)
        state.isRaised = false
    }

    // MARK: The guard

    private func guardMembers() {
        _ = Self.set(pthread_self(), SCHED_RR, Self.highest)
        while true {
            awaken.wait()
            if state.withLock({ $0.isOver }) { return }
            var before = (used: used(), at: ContinuousClock.now)
            repeat {
                usleep(Self.lookEvery)
                let now = (used: used(), at: ContinuousClock.now)
                judge((now.used - before.used) / (now.at - before.at) / Double(processors))
                before = now
            } while isNeeded()
        }
    }

    private func used() -> Duration {
        state.withLock { $0.members.map(Self.processorTime).reduce(.zero, +) }
    }

    private func judge(_ share: Double) {
        guard share > Self.largestShare else { return }
        state.withLock { state in
            Self.lower(&state)
            state.pausedUntil = .now + Self.pause
        }
    }

    private func isNeeded() -> Bool {
        state.withLock { state in
            state.isGuarded = state.hashes > 0 || state.begun > 0
            state.begun = 0
            return state.isGuarded
        }
    }

    // MARK: The system

    /// Only from the usual class, and back only from the priority that this code set: a decision made elsewhere stays.
    private static func raise(_ member: Member) -> Bool {
        isIn(member.thread, SCHED_OTHER, 0) && set(member.thread, SCHED_RR, member.priority)
    }

    private static func lower(_ member: Member) {
        if isIn(member.thread, SCHED_RR, member.priority) { _ = set(member.thread, SCHED_OTHER, 0) }
    }

    private static func isIn(_ thread: pthread_t, _ expected: Int32, _ priority: Int32) -> Bool {
        var policy: Int32 = 0
        var parameters = sched_param()
        // The call fills our locals.
        guard unsafe pthread_getschedparam(thread, &policy, &parameters) == 0 else { return false }
        return policy & ~resetOnFork == expected && parameters.sched_priority == priority
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
