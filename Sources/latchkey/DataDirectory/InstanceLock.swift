import Glibc

/// The right to write in a data directory: an exclusive `flock` on `latchkey.lock`.
///
/// The kernel lets go of it when the process ends, however it ends, so a killed server leaves nothing to clean up. The
/// file holds the holder's process id and is never removed: removing it would let two processes lock two files.
package final class InstanceLock: Sendable {
    private let descriptor: CInt

    private init(descriptor: CInt) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Takes the lock without waiting; `nil` when somebody else has it.
    /// - Throws: ``CommandFailure`` when the file cannot be opened.
    package static func tryTake(in directory: DataDirectory) throws(CommandFailure) -> InstanceLock? {
        // The path is a live, NUL-terminated copy for the call.
        let descriptor = unsafe open(directory.lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            throw CommandFailure("Cannot open \(directory.lockPath): \(DataDirectory.reason(errno)).")
        }
        var result = flock(descriptor, LOCK_EX | LOCK_NB)
        while result != 0, errno == EINTR { result = flock(descriptor, LOCK_EX | LOCK_NB) }
        guard result == 0 else {
            let code = errno
            close(descriptor)
            guard code == EWOULDBLOCK else {
                throw CommandFailure("Cannot lock \(directory.lockPath): \(DataDirectory.reason(code)).")
            }
            return nil
        }
        let text = Array("\(getpid())\n".utf8)
        ftruncate(descriptor, 0)
        // Only a courtesy to whoever is refused; the lock does not depend on it. `text` outlives the call.
        _ = unsafe text.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
        return InstanceLock(descriptor: descriptor)
    }

    /// Waits up to `patience` for the lock, asking every 50 ms.
    /// - Throws: ``CommandFailure`` naming the holder when it is not given up in time.
    package static func take(in directory: DataDirectory, patience: Duration) async throws -> InstanceLock {
        let deadline = ContinuousClock.now + patience
        while true {
            if let lock = try tryTake(in: directory) { return lock }
            guard ContinuousClock.now < deadline else {
                throw CommandFailure(
                    "The data directory \(directory.path) is in use by \(holder(of: directory)). "
                        + "Stop that process, or choose another directory with --data-dir.")
            }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    /// "process 4711 (latchkey)" as far as it can be told.
    package static func holder(of directory: DataDirectory) -> String {
        guard let text = SmallFile.text(directory.lockPath, limit: 32), let id = Int32(text) else {
            return "another process"
        }
        let name = SmallFile.text("/proc/\(id)/comm", limit: 64)
        return "process \(id)" + (name.map { " (\($0))" } ?? "")
    }
}
