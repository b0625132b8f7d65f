import Foundation
import Glibc

/// The directory that belongs to one server: database, lock, socket and master key.
package struct DataDirectory: Sendable, Equatable {
    /// As configured; relative paths are relative to the directory where the process was started.
    package let path: String

    package init(path: String) { self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path }

    package var databasePath: String { path + "/latchkey.sqlite" }
    package var lockPath: String { path + "/latchkey.lock" }
    package var socketPath: String { path + "/latchkey.sock" }
    /// What a node knew of a database that it shares.
    package var seenPath: String { path + "/seen" }
    package var masterKeyPath: String { path + "/master.key" }

    /// Creates a missing directory with mode 0700; an existing one keeps its mode. Parents are created as by `mkdir
    /// -p`.
    /// - Throws: ``CommandFailure`` when that is not possible or something else is in the way.
    package func create() throws(CommandFailure) {
        guard try !exists() else { return }
        // Each path is a live, NUL-terminated copy for the call.
        for directory in parents.reversed() { unsafe mkdir(directory, 0o777) }
        guard unsafe mkdir(path, 0o700) == 0 || errno == EEXIST else { throw cannotCreate(Self.reason(errno)) }
    }

    /// Whether the directory exists.
    /// - Throws: ``CommandFailure`` when the path is something else, or this user may not know.
    private func exists() throws(CommandFailure) -> Bool {
        var status = stat()
        // `status` is ours for the call.
        guard unsafe stat(path, &status) == 0 else {
            if FileTrouble.isDenied(errno) { throw FileTrouble.failure("look at", path, errno) }
            return false
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw CommandFailure("\(path) is not a directory: choose another one with --data-dir.")
        }
        return true
    }

    /// Reports in advance the errors that ``create()`` and the first file in the directory would meet; creates nothing.
    /// - Throws: ``CommandFailure``.
    func checkCanBeUsed() throws(CommandFailure) {
        if try exists() {
            guard let reason = FileTrouble.reasonNotToWrite(in: path) else { return }
            throw CommandFailure("Cannot write in the data directory \(path): \(reason).")
        }
        // The nearest existing parent, at last the current directory or the root.
        let parent = (parents + [path.utf8.first == UInt8(ascii: "/") ? "/" : "."]).first {
            FileManager.default.fileExists(atPath: $0)
        }
        guard let parent, let reason = FileTrouble.reasonNotToWrite(in: parent) else { return }
        throw cannotCreate(reason)
    }

    /// The directories above, nearest first.
    private var parents: [String] {
        var parents: [String] = []
        var parent = path
        while let slash = parent.lastIndex(of: "/"), slash != parent.startIndex {
            parent = String(parent[..<slash])
            parents.append(parent)
        }
        return parents
    }

    private func cannotCreate(_ reason: String) -> CommandFailure {
        CommandFailure("Cannot create the data directory \(path): \(reason).")
    }

    /// Whether users other than the owner may look into the directory.
    package var isOpenToOthers: Bool {
        var status = stat()
        // `status` is ours for the call.
        return unsafe stat(path, &status) == 0 && status.st_mode & 0o077 != 0
    }

    /// The system's message for an error number.
    static func reason(_ code: CInt) -> String {
        // strerror returns a string that lives at least until the next call on this thread; it is copied at once.
        unsafe String(cString: strerror(code))
    }
}

/// The right to write in a data directory: an exclusive `flock` on the directory itself and on `latchkey.lock` in it.
///
/// The kernel releases both when the process ends, however it ends, so a killed server leaves nothing to clean up. The
/// file holds the holder's process id and is never removed. If a user removes it anyway, another process could create
/// and lock another file: the lock on the directory prevents that.
package final class InstanceLock: Sendable {
    private let descriptors: [CInt]

    private init(descriptors: [CInt]) { self.descriptors = descriptors }

    deinit { for descriptor in descriptors.reversed() { close(descriptor) } }

    /// Takes the lock without waiting; `nil` when another process has it.
    /// - Throws: ``CommandFailure`` when directory or file cannot be opened.
    package static func tryTake(in directory: DataDirectory) throws(CommandFailure) -> InstanceLock? {
        // First, so that a refused process leaves no second file behind.
        let folder = try open(directory.path, O_RDONLY | O_DIRECTORY)
        switch lock(folder) {
        // If the file system only locks files, the lock on the file must be enough.
        case 0, EBADF, EINVAL, EOPNOTSUPP, ENOLCK: break
        case let code: return try refuse(code, directory.path, [folder])
        }
        let file: CInt
        do {
            file = try open(directory.lockPath, O_RDWR | O_CREAT | O_NOFOLLOW)
        } catch {
            close(folder)
            throw error
        }
        let code = lock(file)
        guard code == 0 else { return try refuse(code, directory.lockPath, [file, folder]) }
        let text = Array("\(getpid())\n".utf8)
        ftruncate(file, 0)
        // Only information for a process that is refused; the lock does not depend on it. `text` outlives the call.
        _ = unsafe text.withUnsafeBytes { unsafe pwrite(file, $0.baseAddress, $0.count, 0) }
        return InstanceLock(descriptors: [folder, file])
    }

    private static func open(_ path: String, _ flags: CInt) throws(CommandFailure) -> CInt {
        // The path is a live, NUL-terminated copy for the call.
        let descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw FileTrouble.failure("open", path, errno)
        }
        return descriptor
    }

    /// - Returns: 0, or the system's error.
    private static func lock(_ descriptor: CInt) -> CInt {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EINTR else { return errno }
        }
        return 0
    }

    private static func refuse(
        _ code: CInt, _ path: String, _ descriptors: [CInt]
    ) throws(CommandFailure) -> InstanceLock? {
        for descriptor in descriptors { close(descriptor) }
        guard code == EWOULDBLOCK else {
            throw CommandFailure("Cannot lock \(path): \(DataDirectory.reason(code)).")
        }
        return nil
    }

    /// Waits up to `patience` for the lock, trying every 50 ms.
    /// - Parameter isQuiet: prints nothing meanwhile: for a server that must write only JSON log lines.
    /// - Throws: ``CommandFailure`` that names the holder if the lock is not released in time.
    package static func take(
        in directory: DataDirectory, patience: Duration, isQuiet: Bool = false
    ) async throws -> InstanceLock {
        let deadline = ContinuousClock.now + patience
        var notice = WaitNotice()
        while true {
            if let lock = try tryTake(in: directory) { return lock }
            if !isQuiet { notice.show(directory) }
            guard ContinuousClock.now < deadline else {
                throw CommandFailure(
                    "The data directory \(directory.path) is in use by \(holder(of: directory)). "
                        + "Stop that process, or choose another directory with --data-dir.")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// "process 4711 (latchkey)", as far as it can be determined.
    package static func holder(of directory: DataDirectory) -> String {
        guard let text = SmallFile.text(directory.lockPath, limit: 32), let id = Int32(text) else {
            return "another process"
        }
        let name = SmallFile.text("/proc/\(id)/comm", limit: 64)
        return "process \(id)" + (name.map { " (\($0))" } ?? "")
    }
}

/// Prints once, after a second of waiting for a data directory, which process the command waits for.
struct WaitNotice {
    private let since = ContinuousClock.now
    private var isShown = false

    mutating func show(_ directory: DataDirectory) {
        guard !isShown, ContinuousClock.now - since >= .seconds(1) else { return }
        isShown = true
        Terminal.note("Waiting for \(InstanceLock.holder(of: directory)), which holds \(directory.path) …")
    }
}

/// Reads files of a few bytes or kilobytes completely.
package enum SmallFile {
    /// The bytes; `nil` when there is no such file, it cannot be read, or it is longer than `limit`.
    package static func bytes(_ path: String, limit: Int) -> [UInt8]? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        // At the end of a file, and therefore for an empty one, the call returns nil and not empty data.
        guard let data = try? file.read(upToCount: limit + 1) ?? Data(), data.count <= limit else { return nil }
        return Array(data)
    }

    /// The text without surrounding white space.
    package static func text(_ path: String, limit: Int) -> String? {
        bytes(path, limit: limit).flatMap { String(bytes: $0, encoding: .utf8) }?
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
