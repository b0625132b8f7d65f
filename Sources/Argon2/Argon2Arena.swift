internal import Glibc

/// The working memory of one hash thread, kept between hashes.
///
/// Fresh pages for each hash would have to be faulted in and zeroed by the kernel every time, which costs about as
/// much as one pass over them. The arena is mapped when the thread starts (address space only), becomes real where it is
/// first touched, and is given back with `release()` when the thread has been idle.
///
/// Not Sendable on purpose: it belongs to the thread that made it. libargon2 overwrites the whole of it after each hash
/// (its `FLAG_clear_internal_memory`, on by default and never touched here), so nothing derived from a password stays.
@safe package final class Argon2Arena {
    private var mapping: UnsafeMutableRawPointer?
    private(set) var mappedBytes = 0
    /// Whether pages may be resident, so that an idle thread knows if there is anything to give back.
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

    /// Gives the pages back to the system and keeps the address range. The next hash faults them in again.
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

    private func map(_ bytes: Int) -> Bool {
        guard bytes > 0 else { return false }
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        // A new anonymous mapping at an address of the kernel's choice: nobody else's memory is touched.
        let start = unsafe mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, -1, 0)
        guard let start = unsafe start, unsafe start != MAP_FAILED else { return false }
        unsafe mapping = start
        mappedBytes = bytes
        return true
    }

    private func unmap() {
        // Exactly what `map` got; nobody keeps a pointer beyond one hash.
        if let start = unsafe mapping { unsafe munmap(start, mappedBytes) }
        unsafe mapping = nil
        mappedBytes = 0
        isTouched = false
    }
}
