import Glibc

/// The monotonic clock, in nanoseconds since some point before this process.
enum Stopwatch {
    static func now() -> UInt64 {
        var time = timespec()
        // The call fills our local.
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Seconds from `start` to `end`.
    static func seconds(from start: UInt64, to end: UInt64) -> Double {
        end > start ? Double(end - start) / 1e9 : 0
    }

    /// The instant `seconds` from now.
    static func after(_ seconds: Double) -> UInt64 { now() + UInt64(seconds * 1e9) }

    /// Lets the calling thread rest.
    static func sleep(milliseconds: UInt32) { usleep(milliseconds * 1000) }
}
