import Foundation
import Glibc

/// Why a file or directory cannot be used. That this user may not look is never told as "there is none".
enum FileTrouble {
    static func isDenied(_ code: CInt) -> Bool { code == EACCES || code == EPERM }

    /// What to tell about something of the data directory, which belongs to the server's user.
    /// - Parameter what: "open"
    static func failure(_ what: String, _ path: String, _ code: CInt) -> CommandFailure {
        CommandFailure(
            isDenied(code)
                ? "Permission denied for \(path): run it as the user that the server runs as."
                : "Cannot \(what) \(path): \(DataDirectory.reason(code)).")
    }

    /// Opens a file that somebody named.
    /// - Throws: ``CommandFailure`` with the system's reason.
    static func open(_ path: String) throws(CommandFailure) -> FileHandle {
        // The path is a live, NUL-terminated copy for the call.
        let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw CommandFailure("Cannot read \(path): \(DataDirectory.reason(errno)).") }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        // `status` is ours for the call.
        guard unsafe fstat(descriptor, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR else {
            throw CommandFailure("Cannot read \(path): \(DataDirectory.reason(EISDIR)).")
        }
        return handle
    }

    /// Why no file can be made in a folder; nil when one can.
    static func reasonNotToWrite(in folder: String) -> String? {
        // The path, with a component that only a folder can have, is a live, NUL-terminated copy for the call.
        unsafe access(folder + "/.", W_OK | X_OK) == 0 ? nil : DataDirectory.reason(errno)
    }
}
