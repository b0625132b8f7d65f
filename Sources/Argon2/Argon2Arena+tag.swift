internal import CArgon2
internal import Glibc

extension Argon2Arena {
    /// Computes one Argon2 tag in this arena, on the calling thread.
    ///
    /// `secret` and `associatedData` are the algorithm's K and X (RFC 9106 section 3.1); PHC strings have neither.
    /// The lanes are computed one after another (`threads = 1`): the result is the same, and the pool alone decides how
    /// many processors hashing gets.
    /// - Throws: `Argon2Failure` when there is no memory, or for a salt or tag that libargon2 does not take.
    package func tag(
        variant: Argon2Variant = .argon2id,
        parameters: Argon2Parameters,
        password: SecretBytes,
        salt: [UInt8],
        secret: [UInt8] = [],
        associatedData: [UInt8] = [],
        count: Int
    ) throws(Argon2Failure) -> [UInt8] {
        guard let passwordLength = UInt32(exactly: password.count) else { throw .passwordTooLong }

        // Inputs and output side by side in one buffer of our own, since libargon2 wants mutable pointers.
        let inputs = salt + secret + associatedData
        let (code, tag) = unsafe withWipedScratch(byteCount: inputs.count + count) { scratch -> (Int32, [UInt8]) in
            unsafe scratch.copyBytes(from: inputs)
            let bytes = unsafe scratch.bindMemory(to: UInt8.self)
            var context = unsafe argon2_context()
            // The four slices follow one another and end where the buffer ends.
            unsafe context.salt = bytes.baseAddress
            unsafe context.saltlen = UInt32(salt.count)
            unsafe context.secret = bytes.baseAddress?.advanced(by: salt.count)
            unsafe context.secretlen = UInt32(secret.count)
            unsafe context.ad = bytes.baseAddress?.advanced(by: salt.count + secret.count)
            unsafe context.adlen = UInt32(associatedData.count)
            unsafe context.out = bytes.baseAddress?.advanced(by: inputs.count)
            unsafe context.outlen = UInt32(count)
            unsafe context.t_cost = UInt32(parameters.iterations)
            unsafe context.m_cost = UInt32(parameters.memoryKiB)
            unsafe context.lanes = UInt32(parameters.parallelism)
            unsafe context.threads = 1
            unsafe context.version = ARGON2_VERSION_13.rawValue
            unsafe context.allocate_cbk = LentArena.allocate
            unsafe context.free_cbk = LentArena.free
            // No ARGON2_FLAG_CLEAR_PASSWORD: the bytes are the caller's, and other hashes may follow.
            unsafe context.flags = 0

            let code = unsafe password.withUnsafeBytes { password in
                // libargon2 only reads the password when the flag above is off.
                unsafe context.pwd = UnsafeMutablePointer(mutating: password.bindMemory(to: UInt8.self).baseAddress)
                unsafe context.pwdlen = passwordLength
                return LentArena.lending(self) { unsafe argon2_ctx(&context, variant.libraryType) }
            }
            return unsafe (code, Array(bytes[inputs.count...]))
        }
        guard code == ARGON2_OK.rawValue else { throw Argon2Failure(code: code) }
        return tag
    }
}

/// Hands an arena to libargon2's allocate callback, which has no context argument, through a thread-specific pointer.
///
/// Why this is sound: with `threads = 1` libargon2 calls both callbacks on the thread that called `argon2_ctx`, before
/// that returns. The pointer is set just before the call and cleared just after it, on the same thread, and the arena is
/// alive throughout as the caller's argument. Another thread has its own pointer and its own arena.
private enum LentArena {
    /// Nil when the process is out of keys; every hash then fails with "no memory" instead of using another's arena.
    private static let key: pthread_key_t? = {
        var key = pthread_key_t()
        return unsafe pthread_key_create(&key, nil) == 0 ? key : nil
    }()

    static let allocate: allocate_fptr = { memory, bytes in
        guard let memory = unsafe memory else { return -1 }
        unsafe memory.pointee = nil
        guard let key, let raw = unsafe pthread_getspecific(key) else { return -1 }
        let arena = unsafe Unmanaged<Argon2Arena>.fromOpaque(raw).takeUnretainedValue()
        guard let lent = unsafe arena.lend(bytes) else { return -1 }
        unsafe memory.pointee = lent.assumingMemoryBound(to: UInt8.self)
        return 0
    }

    /// The arena stays mapped for the next hash; libargon2 has wiped it before this call.
    static let free: deallocate_fptr = { _, _ in }

    static func lending(_ arena: Argon2Arena, _ body: () -> Int32) -> Int32 {
        guard let key else { return ARGON2_MEMORY_ALLOCATION_ERROR.rawValue }
        unsafe pthread_setspecific(key, Unmanaged.passUnretained(arena).toOpaque())
        defer { pthread_setspecific(key, nil) }
        return withExtendedLifetime(arena) { body() }
    }
}
