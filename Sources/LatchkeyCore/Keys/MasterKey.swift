import Crypto
import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// 32 bytes outside the database. Every secret in the database is derived from them or sealed with them.
package struct MasterKey: Sendable {
    package static let byteCount = 32
    let key: SymmetricKey

    /// - Returns: `nil` unless there are exactly 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.key = SymmetricKey(data: bytes)
    }

    /// 256 random bits from the operating system.
    package static func generate() -> MasterKey {
        MasterKey(key: SymmetricKey(size: .bits256))
    }

    private init(key: SymmetricKey) { self.key = key }

    /// The purpose of a key derived from the master key. The raw value is the HKDF `info` (RFC 5869), so a key for one
    /// purpose reveals nothing about a key for another.
    package enum Purpose: String, Sendable {
        case refresh
        case session
        case sessionStart = "session-start"
        case browserSession = "browser-session"
        case form
        case code
        case keyWrap = "key-wrap"
        case clientSecret = "client-secret"
        case throttle
        case probe
        case fingerprint
    }

    /// HKDF-SHA256 (RFC 5869) with the purpose, and the value it is bound to, as `info`.
    func derive(_ purpose: Purpose, salt: [UInt8] = [], context: [UInt8] = []) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key, salt: salt, info: Array(purpose.rawValue.utf8) + context, outputByteCount: 32)
    }

    /// The same key as ``derive(_:salt:context:)``, for hashing.
    func deriveHash(_ purpose: Purpose, salt: [UInt8], context: [UInt8]) -> KeyedHash {
        KeyedHash.derived(from: key, salt: salt, info: Array(purpose.rawValue.utf8) + context)
    }

    /// The 32 bytes, only for the key file.
    var bytes: [UInt8] { unsafe key.withUnsafeBytes { unsafe Array($0) } }
}

/// The key file: created at first run with mode 0600, refused when other users may read it, replaced atomically.
package struct MasterKeyFile: Sendable {
    package let path: String
    /// Whether the service manager created it for this process only.
    private let isCredential: Bool

    /// - Parameter credentials: the directory where systemd puts the files that `LoadCredential` names.
    package init(
        path: String, credentials: String? = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"]
    ) {
        self.path = path
        isCredential = credentials.map { !$0.isEmpty && path.hasPrefix($0 + "/") } ?? false
    }

    package var exists: Bool { FileManager.default.fileExists(atPath: path) }

    /// - Throws: ``MasterKeyFault`` that names the path and says what to do.
    package func read() throws(MasterKeyFault) -> MasterKeyRing {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw MasterKeyFault(
                "The master key at \(path) cannot be opened (\(Self.reason())). Restore the file from your copy; without it the database cannot be used."
            )
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var status = stat()
        // `fstat` fills the local that it is given and keeps no pointer to it.
        guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw MasterKeyFault("The master key at \(path) is not a regular file.")
        }
        // systemd lends a credential through an access list, which appears as a read permission of the group.
        let foreign: mode_t = isCredential ? 0o027 : 0o077
        guard status.st_mode & foreign == 0 else {
            throw MasterKeyFault(
                "The master key at \(path) can be read by other users. Run `chmod 600 \(path)`; if anybody may have read it, also `latchkey master-key rotate --leaked`."
            )
        }
        guard status.st_size <= 4096, let data = try? handle.readToEnd() else {
            throw MasterKeyFault("The master key at \(path) is not a readable key file.")
        }
        return try MasterKeyRing(text: String(decoding: data, as: UTF8.self))
    }

    /// Writes a file beside it and renames that, so that a crash leaves the old or the new ring, never half of one.
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
        // `strerror` returns a string of the C library that is copied at once.
        unsafe String(cString: strerror(errno))
    }
}
