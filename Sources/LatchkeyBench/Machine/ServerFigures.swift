import Foundation
import Glibc

/// What Linux tells about a running process.
struct ServerFigures: Sendable {
    let processID: Int32

    /// Memory in KiB.
    struct Memory: Sendable, Codable {
        /// Everything resident, the pages of the program file among it.
        let residentKiB: Int
        /// Resident and not backed by a file: what the process itself has taken.
        let anonymousKiB: Int
        /// The most that was ever resident.
        let peakKiB: Int
    }

    /// - Throws: ``BenchFailure`` when the process is gone.
    func memory() throws -> Memory {
        let status = try read("status")
        func value(_ name: String) throws -> Int {
            let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
            guard let text = line?.split(whereSeparator: \.isWhitespace).dropFirst().first, let value = Int(text) else {
                throw BenchFailure("/proc/\(processID)/status has no \(name).")
            }
            return value
        }
        return Memory(residentKiB: try value("VmRSS"), anonymousKiB: try value("RssAnon"), peakKiB: try value("VmHWM"))
    }

    /// User and system time together, since the process started.
    func cpuSeconds() throws -> Double {
        // The command's name stands in parentheses and may contain anything; the fields after it are plain.
        let stat = try read("stat")
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        guard fields.count > 13, let user = Double(fields[12]), let system = Double(fields[13]) else {
            throw BenchFailure("/proc/\(processID)/stat cannot be read.")
        }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// User and system time of this process together.
    static func ownCPUSeconds() -> Double {
        var usage = rusage()
        // The call fills our local.
        unsafe getrusage(RUSAGE_SELF.rawValue, &usage)
        let microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
        return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(microseconds) / 1e6
    }

    private func read(_ name: String) throws -> String {
        do {
            return try String(contentsOfFile: "/proc/\(processID)/\(name)", encoding: .utf8)
        } catch {
            throw BenchFailure("The server is gone: /proc/\(processID)/\(name) cannot be read.")
        }
    }
}
