import Foundation
import TestSupport
import Testing

@testable import latchkey

/// What the start alone needed of the program's file does not stay resident.
struct ProgramPagesTests {
    /// A mapping as `/proc/self/smaps` has it, shortened.
    private static func mapping(_ range: String, _ rights: String, _ path: String, anonymous: Int, swap: Int = 0)
        -> String
    {
        """
        \(range) \(rights) 00026000 fe:00 332717                     \(path)
        Size:                344 kB
        Rss:                 300 kB
        Anonymous:             \(anonymous) kB
        Swap:                  \(swap) kB
        VmFlags: rd ex mr mw me

        """
    }

    @Test func `only unchanged, unwritable pages of the program itself are given back`() {
        let smaps = [
            Self.mapping("1000-2000", "r--p", "/opt/latch key", anonymous: 0),
            Self.mapping("2000-5000", "r-xp", "/opt/latch key", anonymous: 0),
            Self.mapping("5000-6000", "r--p", "/opt/latch key", anonymous: 4),
            Self.mapping("c000-d000", "r--p", "/opt/latch key", anonymous: 0, swap: 4),
            Self.mapping("6000-7000", "rw-p", "/opt/latch key", anonymous: 0),
            Self.mapping("8000-9000", "r-xp", "/usr/lib/libc.so.6", anonymous: 0),
            Self.mapping("a000-b000", "r--p", "", anonymous: 0),
        ].joined()
        #expect(ProgramPages.unchangedRanges(of: "/opt/latch key", smaps: smaps) == [0x1000..<0x2000, 0x2000..<0x5000])
    }

    @Test func `a server that has started holds less than it held while it started`() async throws {
        let server = try await ServerProcess(folder: try TemporaryFolder(), port: try ServerProcess.freePort())
        defer { server.killHard() }
        /// Resident KiB and the most that were.
        func memory() throws -> (now: Int, peak: Int) {
            let status = try String(contentsOfFile: "/proc/\(server.processID)/status", encoding: .utf8)
            func value(_ name: String) throws -> Int {
                let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(name + ":") })
                return try #require(Int(line.split(separator: " ").dropLast().last ?? ""))
            }
            return (try value("VmRSS"), try value("VmHWM"))
        }
        // It answers a moment before it lets go.
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            let memory = try memory()
            if memory.now < memory.peak * 9 / 10 { break }
            try await Task.sleep(for: .milliseconds(20))
        }
        let memory = try memory()
        #expect(memory.now < memory.peak * 9 / 10)
        #expect(try await server.http.send("GET", "/readyz").status == 200)
        #expect(server.terminate() == 0)
    }
}
