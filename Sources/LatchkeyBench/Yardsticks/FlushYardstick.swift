import Glibc

/// The disk alone: one page overwritten in a file and flushed, again and again. No durable write is cheaper.
struct FlushYardstick {
    let folder: String
    private static let pageBytes = 4096
    /// The file starts over at this size, as a write-ahead log does.
    private static let fileBytes = 4 * 1024 * 1024

    func run(seconds: Double) throws -> Slice {
        let path = folder + "/flush.bin"
        // The path is a Swift string, lent for the call; so it is below.
        let descriptor = unsafe open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw BenchFailure("\(path) cannot be written: error \(errno).") }
        defer {
            close(descriptor)
            unsafe unlink(path)
        }
        // All blocks exist before the clock starts: growing a file costs the file system a write of its own.
        guard fill(descriptor) else { throw BenchFailure("\(path) cannot be written: error \(errno).") }
        let page = [UInt8](repeating: 0x5A, count: Self.pageBytes)
        let start = Stopwatch.now()
        let end = Stopwatch.after(seconds)
        var count = 0
        var last = start
        while last < end {
            let offset = off_t(count * Self.pageBytes % Self.fileBytes)
            // Reads the array, all of it.
            let written = unsafe page.withUnsafeBytes { raw in
                unsafe pwrite(descriptor, raw.baseAddress, raw.count, offset)
            }
            guard written == Self.pageBytes, fdatasync(descriptor) == 0 else {
                throw BenchFailure("\(path) cannot be flushed: error \(errno).")
            }
            count += 1
            last = Stopwatch.now()
        }
        return Slice(count: count, seconds: Stopwatch.seconds(from: start, to: last))
    }

    private func fill(_ descriptor: Int32) -> Bool {
        let zeros = [UInt8](repeating: 0, count: Self.fileBytes)
        // Reads the array, all of it.
        let written = unsafe zeros.withUnsafeBytes { raw in unsafe pwrite(descriptor, raw.baseAddress, raw.count, 0) }
        return written == Self.fileBytes && fsync(descriptor) == 0
    }
}
