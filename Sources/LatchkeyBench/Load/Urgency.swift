import Glibc

/// Puts the calling thread before all others of the machine, where the system allows it, and back.
enum Urgency {
    /// SCHED_RESET_ON_FORK, a macro of the kernel's: threads and processes that are started meanwhile are ordinary ones.
    private static let resetOnFork: Int32 = 0x4000_0000

    @discardableResult
    static func raise() -> Bool {
        var priority = sched_param(sched_priority: 1)
        // The call reads our local.
        return unsafe sched_setscheduler(0, SCHED_FIFO | resetOnFork, &priority) == 0
    }

    static func lower() {
        var priority = sched_param(sched_priority: 0)
        // As above. Where raising failed this changes nothing.
        unsafe sched_setscheduler(0, SCHED_OTHER, &priority)
    }
}
