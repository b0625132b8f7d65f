import Glibc

/// Writes bytes to a file descriptor with `write` only. Foundation's `FileHandle` ends the process when a write fails.
enum DescriptorOutput {
    /// The result of a write.
    struct Outcome {
        /// Bytes that were accepted.
        let written: Int
        /// Why the rest was not accepted; nil if everything was.
        let error: CInt?
    }

    /// Writes all bytes or stops at the first error. Blocks while the other side accepts nothing. It waits for a
    /// descriptor that another process made non-blocking: the flag is shared with that process, so it is not changed.
    static func write(_ bytes: [UInt8], to descriptor: CInt) -> Outcome {
        var written = 0
        while written < bytes.count {
            // `bytes` lives for the call; the kernel only reads.
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
            }
            if count > 0 {
                written += count
                continue
            }
            switch count == 0 ? EIO : errno {
            case EINTR: continue
            case EAGAIN: wait(descriptor)
            case let code: return Outcome(written: written, error: code)
            }
        }
        return Outcome(written: written, error: nil)
    }

    private static func wait(_ descriptor: CInt) {
        var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        // The call reads and fills our local. A reader that leaves ends it as well, and then `write` reports that.
        _ = unsafe poll(&state, 1, -1)
    }
}
