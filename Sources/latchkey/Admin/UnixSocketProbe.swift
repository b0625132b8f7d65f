import Glibc

/// Finds out whether a process listens on a Unix-domain socket.
enum UnixSocketProbe {
    /// Connects and closes. False for a path longer than ``LatchkeyHTTP/UnixSocketPath`` makes them.
    /// - Throws: ``CommandFailure`` when this user may not connect.
    static func accepts(_ path: String) throws(CommandFailure) -> Bool {
        var name = sockaddr_un()
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: name.sun_path) else { return false }
        let descriptor = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        name.sun_family = sa_family_t(AF_UNIX)
        // The path and its NUL fit, as checked; the rest of the field is zero.
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: bytes) }
        // A sockaddr_un is a sockaddr as far as the system is concerned; its length says which.
        let code = unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 ? 0 : errno
            }
        }
        if FileTrouble.isDenied(code) { throw FileTrouble.failure("connect to", path, code) }
        // The queue of a stalled server is full, but the server exists.
        return code == 0 || code == EAGAIN
    }
}
