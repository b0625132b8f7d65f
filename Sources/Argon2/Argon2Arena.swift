internal import CArgon2
internal import Glibc

/// The working memory of one hash thread, kept between hashes.
///
/// New pages for each hash would have to be faulted in and zeroed by the kernel every time, which costs about as much
/// as one pass over them. The arena is mapped when the thread starts (address space only), becomes real where it is
/// first touched, and is returned with `release()` when the thread has been idle.
///
/// Not Sendable on purpose: it belongs to the thread that made it. libargon2 overwrites the whole of it after each hash
/// (its `FLAG_clear_internal_memory`, on by default and never touched here), so nothing derived from a password stays.
@safe package final class Argon2Arena {
    private var mapping: UnsafeMutableRawPointer?
    private(set) var mappedBytes = 0
    /// Whether pages may be resident, so that an idle thread knows if there is anything to return.
    private(set) var isTouched = false
    private let reservedBytes: Int

    /// Maps memory for hashes of up to `reservingKiB` KiB. When that fails, the first hash tries again and reports it.
    package init(reservingKiB: Int) {
        reservedBytes = reservingKiB * 1024
        _ = map(reservedBytes)
    }

    deinit { unmap() }

    /// At least `bytes` of page-aligned memory that stays valid until the next call; nil when the system has none.
    /// Contents are unspecified: libargon2 writes each block before it reads it.
    func lend(_ bytes: Int) -> UnsafeMutableRawPointer? {
        guard bytes > 0, bytes <= Argon2Parameters.maximumMemoryKiB * 1024 else { return nil }
        if bytes > mappedBytes {
            unmap()
            guard map(bytes) else { return nil }
        }
        isTouched = true
        return unsafe mapping
    }

    /// Returns the pages to the system and keeps the address range. The next hash faults them in again.
    package func release() {
        guard isTouched, let start = unsafe mapping else { return }
        // Our own private mapping of exactly this length, which no hash is using: lend is called on this thread only.
        unsafe madvise(start, mappedBytes, MADV_DONTNEED)
        isTouched = false
    }

    /// Returns to the reserved size when a single hash needed more, so that one costly import does not hold its
    /// gigabytes for as long as the thread stays busy.
    func trim() {
        guard mappedBytes > reservedBytes else { return }
        unmap()
        _ = map(reservedBytes)
    }

    /// The unit in which the processor maps memory if the system has such pages.
    private static let hugePage = 2 * 1024 * 1024

    /// Maps in huge pages where they fit: Argon2 reads its memory at random, and with pages of 4 KiB it spends a tenth
    /// to a fifth of the time on finding them. The rest at the end is in small pages, so the size is the same.
    private func map(_ bytes: Int) -> Bool {
        guard bytes > 0 else { return false }
        let bytes = (bytes + 4095) & ~4095
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        // A new anonymous mapping at an address of the kernel's choice: no other memory is touched.
        let room = unsafe mmap(nil, bytes + Self.hugePage, PROT_READ | PROT_WRITE, flags, -1, 0)
        guard let room = unsafe room, unsafe room != MAP_FAILED else { return false }
        let start = unsafe room.alignedUp(toMultipleOf: Self.hugePage)
        let before = unsafe start - room
        // Returns the parts of the new mapping before and after the aligned part; an empty part is left alone.
        if before > 0 { unsafe munmap(room, before) }
        if before < Self.hugePage { unsafe munmap(start + bytes, Self.hugePage - before) }
        // Advice: if it is not taken, small pages are used.
        unsafe madvise(start, bytes, MADV_HUGEPAGE)
        unsafe mapping = start
        mappedBytes = bytes
        return true
    }

    private func unmap() {
        // Exactly the mapping from `map`; no code keeps a pointer beyond one hash.
        if let start = unsafe mapping { unsafe munmap(start, mappedBytes) }
        unsafe mapping = nil
        mappedBytes = 0
        isTouched = false
    }
}

extension Argon2Arena {
    /// Computes one Argon2 tag in this arena, on the calling thread.
    ///
    /// `secret` and `associatedData` are the algorithm's K and X (RFC 9106 section 3.1); PHC strings have neither.
    /// The lanes are computed one after another (`threads = 1`): the result is the same, and the pool alone decides how
    /// many processors hashing gets.
    /// - Throws: `Argon2Failure` when there is no memory, or for a salt or tag that libargon2 does not accept.
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

        // Inputs and output side by side in one buffer of our own, because libargon2 wants mutable pointers.
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

/// Passes an arena to libargon2's allocate callback, which has no context argument, through a thread-specific pointer.
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

/// libargon2 refused to compute a hash: a fault of the machine (no memory) or of ours, never a wrong password.
package struct Argon2Failure: Error, Equatable, CustomStringConvertible {
    /// libargon2's error number, negative.
    package let code: Int32

    static let outOfMemory = Argon2Failure(code: ARGON2_MEMORY_ALLOCATION_ERROR.rawValue)
    static let passwordTooLong = Argon2Failure(code: ARGON2_PWD_TOO_LONG.rawValue)

    /// libargon2's own words for the number. Holds no input.
    package var description: String {
        // The library returns pointers to its own string constants, for every number.
        let words = unsafe argon2_error_message(code).map { unsafe String(cString: $0) }
        return "argon2: \(words ?? "error \(code)")"
    }
}
