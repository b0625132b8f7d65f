import Foundation
import Glibc

/// Linux's figures about a running process.
struct ServerFigures: Sendable {
    let processID: Int32

    /// Memory in KiB.
    struct Memory: Sendable, Codable {
        /// Everything resident, the pages of the program file among it.
        let residentKiB: Int
        /// The same, with pages that others use too counted by their share.
        let proportionalKiB: Int
        /// Resident and not backed by a file: memory that the process itself has taken.
        let anonymousKiB: Int
        /// The most that was ever resident.
        let peakKiB: Int

        /// Millions of bytes, as the budgets count.
        var residentMB: Double { megabytes(residentKiB) }

        /// For people.
        func line(_ when: String) -> String {
            let text = { (kibibytes: Int) in Number.fixed(megabytes(kibibytes), 1) + " MB" }
            return "memory \(when): resident \(text(residentKiB)), shared pages by their share "
                + "\(text(proportionalKiB)), not from files \(text(anonymousKiB)), peak \(text(peakKiB))"
        }

        private func megabytes(_ kibibytes: Int) -> Double { Double(kibibytes) * 1024 / 1e6 }
    }

    /// - Throws: ``BenchFailure`` when the process is gone.
    func memory() throws -> Memory {
        // Counted page by page; the figures of /proc/PID/status may lag behind.
        let pages = try read("smaps_rollup")
        return Memory(
            residentKiB: try value("Rss", in: pages), proportionalKiB: try value("Pss", in: pages),
            anonymousKiB: try value("Anonymous", in: pages), peakKiB: try value("VmHWM", in: try read("status")))
    }

    /// User and system time together, since the process started.
    func cpuSeconds() throws -> Double { try times(12...13) }

    /// The same of the children that have ended and that this process has waited for.
    func endedChildrenSeconds() throws -> Double { try times(14...15) }

    /// The sum of some fields of its `stat`, counted from behind the command's name.
    private func times(_ positions: ClosedRange<Int>) throws -> Double {
        // The name stands in parentheses and may contain anything; the fields after it are plain.
        let stat = try read("stat")
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        guard fields.count > positions.upperBound else {
            throw BenchFailure("/proc/\(processID)/stat cannot be read.")
        }
        return fields[positions].compactMap { Double($0) }.reduce(0, +) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// Bytes that it has caused to be sent to the disk.
    func writtenBytes() throws -> Int {
        let name = "write_bytes: "
        guard let line = try read("io").split(separator: "\n").first(where: { $0.hasPrefix(name) }),
            let bytes = Int(line.dropFirst(name.count))
        else { throw BenchFailure("/proc/\(processID)/io cannot be read.") }
        return bytes
    }

    /// Processes that this one started and that still run.
    func children() throws -> [Int32] {
        try read("task/\(processID)/children").split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
    }

    /// User and system time of this process together.
    static func ownCPUSeconds() -> Double { usage(of: RUSAGE_SELF) }

    /// The same of the children whose end was waited for.
    static func endedChildrenCPUSeconds() -> Double { usage(of: RUSAGE_CHILDREN) }

    private static func usage(of whom: __rusage_who) -> Double {
        var usage = rusage()
        // The call fills our local.
        unsafe getrusage(whom.rawValue, &usage)
        let microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(microseconds) / 1e6
    }

    private func value(_ name: String, in text: String) throws -> Int {
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        guard let word = line?.split(whereSeparator: \.isWhitespace).dropFirst().first, let value = Int(word) else {
            throw BenchFailure("/proc/\(processID) has no \(name).")
        }
        return value
    }

    private func read(_ name: String) throws -> String {
        do {
            return try String(contentsOfFile: "/proc/\(processID)/\(name)", encoding: .utf8)
        } catch {
            throw BenchFailure("The process is gone: /proc/\(processID)/\(name) cannot be read.")
        }
    }
}
