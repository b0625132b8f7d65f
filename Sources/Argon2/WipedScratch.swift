internal import Glibc

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
