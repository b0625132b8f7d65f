internal import Glibc

/// Bytes of a password in unshared memory, overwritten when the last reference is released.
///
/// Best effort: it covers only this copy. Arrays and strings that the caller made on the way here, swap and core dumps
/// are outside its reach.
// Sendable: the buffer is written in init, before other code can see it, and in deinit, after all references are gone.
@safe package final class SecretBytes: @unchecked Sendable {
    private let storage: UnsafeMutableRawBufferPointer

    /// Copies `bytes`; the caller must forget the original.
    package init(copying bytes: [UInt8]) {
        // Freed in deinit; exactly as long as what is copied into it.
        unsafe storage = .allocate(byteCount: bytes.count, alignment: 1)
        unsafe storage.copyBytes(from: bytes)
    }

    deinit {
        if let address = unsafe storage.baseAddress {
            // Not memset: the compiler may drop a store into memory that is freed next.
            unsafe explicit_bzero(address, storage.count)
        }
        unsafe storage.deallocate()
    }

    /// Number of bytes.
    package var count: Int { unsafe storage.count }

    /// Lends the bytes for the duration of `body`, which must not keep the pointer.
    package func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        // The object, and with it the buffer, lives at least as long as this call.
        try unsafe body(UnsafeRawBufferPointer(storage))
    }
}

extension SecretBytes: CustomStringConvertible {
    /// Never the bytes, not even their number.
    package var description: String { "<redacted>" }
}

/// Lends a buffer of zeros for secrets in C's hands, and overwrites and frees it when `body` is done.
@unsafe func withWipedScratch<Result, Failure: Error>(
    byteCount: Int, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
) throws(Failure) -> Result {
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 16)
    unsafe scratch.initializeMemory(as: UInt8.self, repeating: 0)
    defer {
        // Not memset: the compiler may drop a store into memory that is freed next.
        if let start = scratch.baseAddress { unsafe explicit_bzero(start, scratch.count) }
        unsafe scratch.deallocate()
    }
    return try unsafe body(scratch)
}
