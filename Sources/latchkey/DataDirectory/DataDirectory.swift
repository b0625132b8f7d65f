import Glibc

/// The directory that belongs to one server: database, lock, socket and master key.
package struct DataDirectory: Sendable, Equatable {
    /// As configured; relative paths are relative to where the process was started.
    package let path: String

    package init(path: String) { self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path }

    package var databasePath: String { path + "/latchkey.sqlite" }
    package var lockPath: String { path + "/latchkey.lock" }
    package var socketPath: String { path + "/latchkey.sock" }
    package var masterKeyPath: String { path + "/master.key" }

    /// Creates the directory with mode 0700 where it is missing; one that exists keeps its mode. Its parents are made
    /// like any `mkdir -p`.
    /// - Throws: ``CommandFailure`` when that is not possible or something else is in the way.
    package func create() throws(CommandFailure) {
        var status = stat()
        // `status` is ours for the call.
        if unsafe stat(path, &status) == 0 {
            guard status.st_mode & S_IFMT == S_IFDIR else {
                throw CommandFailure("\(path) is not a directory: choose another one with --data-dir.")
            }
            return
        }
        var parents: [String] = []
        var parent = path
        while let slash = parent.lastIndex(of: "/"), slash != parent.startIndex {
            parent = String(parent[..<slash])
            parents.append(parent)
        }
        // Each path is a live, NUL-terminated copy for the call.
        for directory in parents.reversed() { unsafe mkdir(directory, 0o777) }
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw CommandFailure("Cannot create the data directory \(path): \(Self.reason(errno)).")
        }
    }

    /// Whether somebody besides the owner may look into the directory.
    package var isOpenToOthers: Bool {
        var status = stat()
        // `status` is ours for the call.
        return unsafe stat(path, &status) == 0 && status.st_mode & 0o077 != 0
    }

    /// The system's words for an error number.
    static func reason(_ code: CInt) -> String {
        // strerror returns a string that lives at least until the next call on this thread; it is copied at once.
        unsafe String(cString: strerror(code))
    }
}
