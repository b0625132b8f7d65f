import Glibc

/// `poll` with a time in nanoseconds: milliseconds are coarser than what is measured.
enum FinePoll {
    typealias Call =
        @convention(c) (UnsafeMutablePointer<pollfd>?, nfds_t, UnsafePointer<timespec>?, OpaquePointer?) -> Int32

    /// glibc's ppoll(2), which no header of the Swift module declares; its signature is part of the system's interface.
    static let wait: Call = {
        guard let symbol = unsafe dlsym(nil, "ppoll") else { preconditionFailure("this system has no ppoll") }
        return unsafe unsafeBitCast(symbol, to: Call.self)
    }()
}
