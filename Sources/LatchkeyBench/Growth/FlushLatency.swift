import Glibc

/// The time that the disk alone takes for the flush at the end of a commit: one page appended to a file of the same
/// file system and flushed, repeatedly. No commit is faster.
struct FlushLatency: Sendable, Codable {
    let p50Milliseconds: Double
    let p99Milliseconds: Double
    let p999Milliseconds: Double

    private static let pageBytes = 4096
    /// Starts over after this many pages, as a write-ahead log does.
    private static let pages = 4096

    init(folder: String, seconds: Double) throws {
        let path = folder + "/flush.bin"
        // The path is a Swift string, lent for the call; so it is below.
        let descriptor = unsafe open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw BenchFailure("\(path) cannot be written: error \(errno).") }
        defer {
            close(descriptor)
            unsafe unlink(path)
        }
        let page = [UInt8](repeating: 0x5A, count: Self.pageBytes)
        var timeline = Timeline()
        let start = Stopwatch.now()
        let end = Stopwatch.after(seconds)
        var begin = start
        while begin < end {
            let offset = off_t(timeline.count % Self.pages * Self.pageBytes)
            // Reads the array, all of it.
            let written = unsafe page.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, offset) }
            guard written == Self.pageBytes, fdatasync(descriptor) == 0 else {
                throw BenchFailure("\(path) cannot be flushed: error \(errno).")
            }
            let done = Stopwatch.now()
            timeline.add(due: 0, latency: Stopwatch.seconds(from: begin, to: done))
            begin = done
        }
        p50Milliseconds = timeline.milliseconds(0.5) ?? 0
        p99Milliseconds = timeline.milliseconds(0.99) ?? 0
        p999Milliseconds = timeline.milliseconds(0.999) ?? 0
    }
}
