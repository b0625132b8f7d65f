import Glibc

/// The few socket calls that the generator needs.
enum SocketConnect {
    /// Seconds that one read or write may take.
    private static let patience = 20

    /// A connected, blocking stream socket, which the caller closes.
    /// - Throws: ``BenchFailure`` when nothing listens.
    static func open(_ endpoint: Endpoint) throws -> Int32 {
        switch endpoint {
        case .loopback(let port): try open(port: port)
        case .unixSocket(let path): try open(path: path)
        }
    }

    /// A port of 127.0.0.1 that was free a moment ago.
    static func freePort() throws -> UInt16 {
        let descriptor = try make(AF_INET)
        defer { close(descriptor) }
        var address = loopback(port: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        // Both calls read or fill our local for their own length only; sockaddr_in is a sockaddr.
        let done = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                unsafe bind(descriptor, raw, length) == 0 && getsockname(descriptor, raw, &length) == 0
            }
        }
        guard done else { throw BenchFailure("No free port: error \(errno).") }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func open(port: UInt16) throws -> Int32 {
        let descriptor = try make(AF_INET)
        var address = loopback(port: port)
        // As above.
        let code = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                unsafe connect(descriptor, raw, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        var on: Int32 = 1
        // The option is an int, and ours.
        unsafe setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        return try checked(descriptor, code)
    }

    /// A listening socket in the file system, which the caller closes.
    static func listen(path: String) throws -> Int32 {
        let descriptor = try make(AF_UNIX)
        var address = try unixAddress(path, closing: descriptor)
        // As above.
        let code = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                unsafe bind(descriptor, raw, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return try checked(descriptor, code == 0 ? Glibc.listen(descriptor, SOMAXCONN) : code)
    }

    private static func open(path: String) throws -> Int32 {
        let descriptor = try make(AF_UNIX)
        var address = try unixAddress(path, closing: descriptor)
        // As above.
        let code = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                unsafe connect(descriptor, raw, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return try checked(descriptor, code)
    }

    /// - Parameter descriptor: is closed when the path is too long.
    private static func unixAddress(_ path: String, closing descriptor: Int32) throws -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        let fits = unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard bytes.count < room.count else { return false }
            // Shorter than the room by at least the closing zero, which is there already.
            unsafe room.copyBytes(from: bytes)
            return true
        }
        guard fits else {
            close(descriptor)
            throw BenchFailure("The path of the socket is too long: \(path)")
        }
        return address
    }

    private static func make(_ family: Int32) throws -> Int32 {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw BenchFailure("No socket: error \(errno).") }
        var limit = timeval(tv_sec: patience, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        // The option is a timeval, and ours.
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        unsafe setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        return descriptor
    }

    private static func checked(_ descriptor: Int32, _ code: Int32) throws -> Int32 {
        guard code != 0 else { return descriptor }
        let reason = errno
        close(descriptor)
        throw BenchFailure("The socket cannot be opened: error \(reason).")
    }

    private static func loopback(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        return address
    }
}
