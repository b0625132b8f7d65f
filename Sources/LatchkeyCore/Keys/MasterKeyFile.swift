import Foundation

#if canImport(Glibc)
import Glibc
#endif

/// The key file: created at first run with mode 0600, refused when others may read it, replaced atomically.
package struct MasterKeyFile: Sendable {
    package let path: String
    package init(path: String) { self.path = path }

    package var exists: Bool { FileManager.default.fileExists(atPath: path) }

    /// - Throws: ``MasterKeyFault`` that names the path and what to do.
    package func read() throws(MasterKeyFault) -> MasterKeyRing {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw MasterKeyFault(
                "The master key at \(path) cannot be opened (\(Self.reason())). Restore the file from where you keep it; without it the database cannot be used."
            )
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        // `fstat` fills the local it is given and keeps no pointer to it.
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw MasterKeyFault("The master key at \(path) is not a regular file.")
        }
        guard status.st_mode & 0o077 == 0 else {
            throw MasterKeyFault(
                "The master key at \(path) can be read by other users. Run `chmod 600 \(path)`; if anybody may have read it, also `latchkey master-key rotate --leaked`."
            )
        }
        guard status.st_size <= 4096, let data = try? handle.readToEnd() else {
            throw MasterKeyFault("The master key at \(path) could not be read as a key file.")
        }
        return try MasterKeyRing(text: String(decoding: data, as: UTF8.self))
    }

    /// Writes beside the file and renames, so that a crash leaves the old or the new ring, never half of one.
    /// Durable on return.
    package func write(_ ring: MasterKeyRing) throws(MasterKeyFault) {
        let temporary = path + ".new"
        unsafe unlink(temporary)
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw MasterKeyFault("The master key cannot be written to \(path): \(Self.reason()).")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            try handle.write(contentsOf: Data(ring.text.utf8))
            try handle.synchronize()
            try handle.close()
        } catch {
            unsafe unlink(temporary)
            throw MasterKeyFault("The master key cannot be written to \(path): \(error.localizedDescription).")
        }
        guard unsafe rename(temporary, path) == 0 else {
            unsafe unlink(temporary)
            throw MasterKeyFault("The master key cannot be written to \(path): \(Self.reason()).")
        }
        let folder = unsafe open(
            URL(fileURLWithPath: path).deletingLastPathComponent().path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if folder >= 0 {
            fsync(folder)
            close(folder)
        }
    }

    private static func reason() -> String {
        // `strerror` gives a string of the C library that is copied at once.
        unsafe String(cString: strerror(errno))
    }
}
