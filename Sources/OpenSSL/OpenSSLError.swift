internal import COpenSSL

/// Why libcrypto, or a check before it, refused. Two errors are equal when their codes are.
///
/// `message` is an English sentence in ASCII without any input but the size of a key, `reason` one of libcrypto's own constant reason strings.
/// Neither can hold key material or a password, so both may be logged.
package struct OpenSSLError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of refusal.
    package enum Code: String, Hashable, Sendable {
        /// The text has no PEM block.
        case notPEM
        /// The input is larger than this library accepts.
        case tooLarge
        /// The key is protected by a passphrase.
        case encrypted
        /// The PEM block is a public key or a certificate.
        case publicKey
        /// There is more than one key, or something else in addition to the key.
        case severalBlocks
        /// A private key of a kind, a curve or a container that cannot be used here.
        case unsupportedKey
        /// The encoding is damaged.
        case malformed
        /// The key is too short, too long, or has an unsuitable exponent.
        case weakKey
        /// The numbers of the key do not belong together.
        case inconsistentKey
        /// A cost, a length or a size is out of bounds.
        case invalidParameters
        /// libcrypto failed where it should not, for example for lack of memory.
        case failed
    }

    /// What kind of refusal this is; decides equality.
    package let code: Code
    /// A sentence for people that says what was wrong with the input.
    package let message: String
    /// libcrypto's first reason string, when it gave one.
    package let reason: String?

    init(_ code: Code, _ message: String, reason: String? = nil) {
        self.code = code
        self.message = message
        self.reason = reason
    }

    /// Makes an error from the entries that libcrypto left in this thread's error queue, and empties the queue.
    static func drainingQueue(_ code: Code, _ message: String) -> OpenSSLError {
        let first = ERR_peek_error()
        defer { ERR_clear_error() }
        // SAFETY: the reason strings are constants of libcrypto, ended by NUL. The `data` text of an entry is not read,
        // because it may quote the input.
        guard first != 0, let text = unsafe ERR_reason_error_string(first) else {
            return OpenSSLError(code, message)
        }
        return OpenSSLError(code, message, reason: unsafe String(cString: text))
    }

    /// The message, followed by libcrypto's reason in brackets.
    package var description: String {
        guard let reason else { return message }
        return "\(message) (libcrypto: \(reason))"
    }

    /// True when both have the same code.
    package static func == (left: OpenSSLError, right: OpenSSLError) -> Bool {
        left.code == right.code
    }

    /// Hashes only the code, to agree with `==`.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(code)
    }
}

/// Prepares libcrypto once per process.
enum Libcrypto {
    /// Whether libcrypto is ready. The first read initialises it without its exit handler: a thread that still hashes
    /// or signs while the process exits must not find libcrypto's tables freed.
    private static let isReady: Bool = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) == 1

    /// Initialises libcrypto if needed and empties this thread's error queue, so that an old entry, left by an earlier
    /// user of the thread, is not taken for the reason of a later failure.
    ///
    /// - Throws: `.failed` when libcrypto cannot start.
    static func begin() throws(OpenSSLError) {
        guard isReady else {
            throw .drainingQueue(.failed, "libcrypto could not be initialised.")
        }
        ERR_clear_error()
    }
}
