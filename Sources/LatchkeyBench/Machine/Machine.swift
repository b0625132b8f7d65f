import Foundation

/// Where and when the figures were taken.
struct Machine: Sendable, Codable {
    let processor: String
    let cores: Int
    let memoryMiB: Int
    let kernel: String
    /// Type of the file system under the data, such as ext4.
    let fileSystem: String
    /// ISO 8601, UTC.
    let date: String
    let commit: String

    /// - Parameter folder: where the data will lie.
    init(folder: String, commit: String) {
        processor = Self.value("model name", in: "/proc/cpuinfo") ?? "unknown processor"
        cores = Self.cores
        memoryMiB = Int(ProcessInfo.processInfo.physicalMemory / 1_048_576)
        kernel = Self.text("/proc/sys/kernel/osrelease").trimmingCharacters(in: .whitespacesAndNewlines)
        fileSystem = Self.fileSystem(of: folder)
        date = ISO8601DateFormatter().string(from: Date())
        self.commit = commit
    }

    /// Of this machine, or as many as we may use.
    static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

    /// Whether a flush reaches no disk, so that durable rates mean nothing.
    var isInMemory: Bool { fileSystem == "tmpfs" || fileSystem == "ramfs" }

    private static func value(_ name: String, in file: String) -> String? {
        let line = text(file).split(separator: "\n").first { $0.hasPrefix(name) }
        return line?.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
    }

    /// The mount with the longest path that contains the folder.
    private static func fileSystem(of folder: String) -> String {
        var best = (path: "", type: "unknown")
        for line in text("/proc/self/mounts").split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 2 else { continue }
            let path = String(fields[1])
            let isAbove = path == "/" || folder == path || folder.hasPrefix(path + "/")
            if isAbove, path.utf8.count >= best.path.utf8.count { best = (path, String(fields[2])) }
        }
        return best.type
    }

    private static func text(_ file: String) -> String {
        (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
    }
}
