import Foundation

#if canImport(Glibc)
    import Glibc
#endif

/// What `strace -f -y` wrote, reduced to the two things that matter here, in the order in which they happened.
struct SystemCallTrace {
    enum Event: Equatable {
        /// A flush of the write-ahead log has returned.
        case logFlushed
        /// The head of a response is being handed to the socket.
        case answered(status: Int)
    }

    /// `strace` with what this needs; the server's command follows.
    static func command(writingTo path: String) -> [String] {
        [
            "strace", "-f", "-y", "-qq", "-s", "40", "-o", path, "-e",
            "trace=fsync,fdatasync,write,writev,sendto,sendmsg",
        ]
    }

    /// Whether this machine lets us trace: containers often do not.
    static let isPermitted: Bool = {
        let child = Process()
        child.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        child.arguments = ["strace", "-f", "-o", "/dev/null", "true"]
        child.standardError = FileHandle.nullDevice
        guard (try? child.run()) != nil else { return false }
        child.waitUntilExit()
        return child.terminationStatus == 0
    }()

    let events: [Event]

    init(_ text: String) {
        var events: [Event] = []
        // Calls that another thread's line has interrupted, by thread.
        var flushing: Set<Substring> = []
        for line in text.split(separator: "\n") {
            guard let space = line.firstIndex(of: " ") else { continue }
            let thread = line[..<space]
            let call = line[space...].drop { $0 == " " }
            let isFlush = call.hasPrefix("fsync(") || call.hasPrefix("fdatasync(")
            if isFlush, call.contains("latchkey.sqlite-wal>") {
                if call.hasSuffix("<unfinished ...>") {
                    flushing.insert(thread)
                } else if call.hasSuffix("= 0") {
                    events.append(.logFlushed)
                }
            } else if call.hasPrefix("<... fsync resumed>") || call.hasPrefix("<... fdatasync resumed>") {
                if flushing.remove(thread) != nil, call.hasSuffix("= 0") { events.append(.logFlushed) }
            } else if let head = call.range(of: "\"HTTP/1.1 ") {
                // Counted at its beginning, finished or not.
                events.append(.answered(status: Int(call[head.upperBound...].prefix(3)) ?? 0))
            }
        }
        self.events = events
    }
}
