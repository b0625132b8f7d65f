import Glibc
import LatchkeyHTTP

/// The system's limit on open files. Every connection counts as one.
enum DescriptorLimit {
    /// Reserved for the database, the Unix socket, logs and the libraries: an operator can always connect.
    private static let reserve = 128

    /// Raises this process's limit as far as allowed, and returns the number of descriptors.
    static func raise() -> Int {
        var limit = rlimit()
        // Both calls only read or fill the struct they are given a pointer to, which outlives them.
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        var raised = limit
        raised.rlim_cur = limit.rlim_max
        if unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        return Int(clamping: limit.rlim_cur)
    }

    /// How many connections `descriptors` allow; at least sixteen, or the server could not serve at all.
    static func connections(of descriptors: Int) -> Int {
        min(TransportLimits().maxConnections, max(16, descriptors - reserve))
    }
}
