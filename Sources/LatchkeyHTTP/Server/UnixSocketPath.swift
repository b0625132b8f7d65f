import Glibc

/// A Unix-domain socket's path in a form that fits `sockaddr_un`, which holds 107 bytes: a longer path is reached through
/// an open descriptor of its directory. Keep the value while the path is used.
package final class UnixSocketPath: Sendable {
    /// The longest path that the system takes as it is, in bytes.
    package static let maxBytes = 107

    /// What to give to `bind` and `connect`.
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
