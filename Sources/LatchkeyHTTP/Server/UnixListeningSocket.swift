import Foundation
import Glibc

/// The bound and listening socket of a Unix-domain address. Only its owner can read and write it.
enum UnixListeningSocket {
    /// Removes a socket that a killed server left, binds and listens. The caller holds the data directory's lock, so no
    /// process uses a socket file that is in the way.
    ///
    /// The mode is set on the descriptor, and Linux gives it to the file that `bind` creates. A umask would have the
    /// same effect, but it belongs to the whole process: a file that another thread creates meanwhile, or a child's
    /// folder, would get it.
    /// - Throws: ``ListenError``.
    static func open(_ path: String, backlog: Int32) throws(ListenError) -> CInt {
        let address = ListenAddress.unix(path: path)
        let short = try UnixSocketPath(path)
        // The fallback for a file name that is too long by itself.
        guard short.text.utf8.count <= UnixSocketPath.maxBytes else {
            throw ListenError(.failed, address, reason: "the file name is too long.")
        }
        try remove(path, address)
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw failure(errno, address) }
        guard fchmod(descriptor, 0o600) == 0, bind(descriptor, to: short.text) == 0, isPrivate(path),
            listen(descriptor, backlog) == 0
        else {
            let error = failure(errno, address)
            close(descriptor)
            throw error
        }
        return descriptor
    }

    /// Whether only its owner can use the file that `bind` created. Otherwise it is removed: no client can have
    /// connected, because nothing listens yet.
    private static func isPrivate(_ path: String) -> Bool {
        var status = stat()
        // `status` and the copy of the path live for the calls.
        guard unsafe stat(path, &status) == 0 else { return false }
        guard status.st_mode & 0o177 != 0 else { return true }
        unsafe _ = unlink(path)
        errno = EPERM
        return false
    }

    /// Removes the socket file, if it is one.
    static func unlinkSocket(_ path: String) {
        try? remove(path, .unix(path: path))
    }

    private static func remove(_ path: String, _ address: ListenAddress) throws(ListenError) {
        // The link itself: it is not followed.
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return }
        guard attributes[.type] as? FileAttributeType == .typeSocket else { throw ListenError(.notASocket, address) }
        // `path` is a live, NUL-terminated copy for the call.
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw failure(errno, address) }
    }

    private static func bind(_ descriptor: CInt, to path: String) -> CInt {
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        // The caller checked that the path and its NUL fit.
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { target in
            unsafe target.copyBytes(from: path.utf8)
        }
        // A sockaddr_un is a sockaddr as far as the system is concerned; its length says which.
        return unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func failure(_ code: CInt, _ address: ListenAddress) -> ListenError {
        switch code {
        case EADDRINUSE: ListenError(.addressInUse, address)
        case EACCES, EPERM: ListenError(.notPermitted, address)
        default: ListenError(.failed, address, reason: unsafe String(cString: strerror(code)) + ".")
        }
    }
}

/// A Unix-domain socket's path in a form that fits `sockaddr_un`, which holds 107 bytes: a longer path is reached
/// through an open descriptor of its directory. Keep the value while the path is used.
package final class UnixSocketPath: Sendable {
    /// The longest path that the system accepts unchanged, in bytes.
    package static let maxBytes = 107

    /// The path to pass to `bind` and `connect`.
    package let text: String
    private let directory: CInt?

    /// - Throws: ``ListenError`` `.failed` when the directory cannot be opened.
    package init(_ path: String) throws(ListenError) {
        guard path.utf8.count > Self.maxBytes else {
            text = path
            directory = nil
            return
        }
        let slash = path.lastIndex(of: "/")
        let parent = slash.map { String(path[..<$0]) } ?? "."
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        // The string is a live, NUL-terminated copy for the call.
        let descriptor = unsafe open(parent.isEmpty ? "/" : parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw ListenError(.failed, .unix(path: path), reason: "its directory cannot be opened.")
        }
        directory = descriptor
        text = "/proc/self/fd/\(descriptor)/\(name)"
    }

    deinit {
        if let directory { close(directory) }
    }
}
