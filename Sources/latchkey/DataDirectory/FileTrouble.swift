import Foundation
import Glibc

/// Why a file or directory cannot be used. A missing permission is never reported as a missing file.
enum FileTrouble {
    static func isDenied(_ code: CInt) -> Bool { code == EACCES || code == EPERM }

    /// The report about a file of the data directory, which belongs to the server's user.
    /// - Parameter what: "open"
    static func failure(_ what: String, _ path: String, _ code: CInt) -> CommandFailure {
        CommandFailure(
            isDenied(code)
                ? "Permission denied for \(path): run the command as the server's user."
                : "Cannot \(what) \(path): \(DataDirectory.reason(code)).")
    }

    /// Opens a file that the user named.
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

    /// Why a file cannot be created in a folder; nil when it can.
    static func reasonNotToWrite(in folder: String) -> String? {
        // The path, with a component that only a folder can have, is a live, NUL-terminated copy for the call.
        unsafe access(folder + "/.", W_OK | X_OK) == 0 ? nil : DataDirectory.reason(errno)
    }
}
