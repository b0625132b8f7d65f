import Glibc

/// How much space a file system has left for this process.
enum FreeSpace {
    /// Free bytes of the file system that holds `path`; nil when it gives no answer.
    static func bytes(at path: String) -> Int64? {
        var figures = statvfs()
        // The call fills the struct it is given a pointer to, which outlives it.
        guard unsafe statvfs(path, &figures) == 0 else { return nil }
        let (bytes, isTooMany) = UInt64(figures.f_bavail).multipliedReportingOverflow(by: UInt64(figures.f_frsize))
        return isTooMany ? .max : Int64(clamping: bytes)
    }
}
