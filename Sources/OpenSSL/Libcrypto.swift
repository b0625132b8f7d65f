internal import COpenSSL

/// Prepares libcrypto once per process.
enum Libcrypto {
    /// Whether libcrypto is ready. The first read initialises it without its exit handler: a thread that still hashes
    /// or signs while the process exits must not find libcrypto's tables freed.
    private static let isReady: Bool = OPENSSL_init_crypto(UInt64(OPENSSL_INIT_NO_ATEXIT), nil) == 1

    /// Initialises libcrypto if needed and empties this thread's error queue, so that an old entry, left by whoever
    /// used the thread before, is not taken for the reason of a later failure.
    ///
    /// - Throws: `.failed` when libcrypto cannot start.
    static func begin() throws(OpenSSLError) {
        guard isReady else {
            throw .drainingQueue(.failed, "libcrypto could not be initialised.")
        }
        ERR_clear_error()
    }
}
