import Foundation
import Glibc

/// A PostgreSQL of our own in a fresh folder, reached by a socket in it alone: as durable as it comes, and with the
/// settings that our documentation recommends.
final class PostgresCluster {
    /// Where its socket lies, and what libpq calls its host.
    let folder: String
    /// As it names itself.
    let version: String
    private let programs: String
    private let process: ChildProcess
    private let figures: ServerFigures

    private static let startLimit = 30.0
    static let user = "latchkey"
    /// A socket's name has a port in it, although nothing listens on one.
    static let socketName = ".s.PGSQL.5432"

    /// What differs from the settings that PostgreSQL comes with; the first three are only said aloud.
    static let settings = [
        "fsync=on", "synchronous_commit=on", "full_page_writes=on", "max_connections=200", "shared_buffers=256MB",
        "wal_compression=lz4", "checkpoint_timeout=15min", "max_wal_size=4GB",
    ]

    /// Makes it and returns when it answers.
    /// - Parameter place: an empty folder of ours, whose parent is ours too; the cluster gets a folder in it.
    /// - Throws: ``BenchFailure`` with the end of its log.
    init(in place: String) throws {
        guard let programs = Self.newestPrograms else {
            throw BenchFailure("PostgreSQL is not installed; Scripts/bench --postgres installs it.")
        }
        self.programs = programs
        folder = place + "/postgres"
        let log = place + "/postgres.log"
        try Self.makeFolder(folder, in: place, log)
        let data = folder + "/data"
        try Self.finish(
            Self.asOwner + [
                programs + "/initdb", "-A", "trust", "-U", Self.user, "-E", "UTF8", "--locale=C.UTF-8", "-D", data,
            ], log)
        let server =
            [programs + "/postgres", "-D", data, "-k", folder, "-c", "listen_addresses="]
            + Self.settings.flatMap { ["-c", $0] }
        let command = Self.asOwner + server
        process = try ChildProcess(command[0], Array(command.dropFirst()), log: log)
        figures = ServerFigures(processID: process.processID)
        let limit = Stopwatch.after(Self.startLimit)
        while (try? Self.finish([programs + "/pg_isready", "-q", "-h", folder], place + "/ready.log")) == nil {
            guard process.isRunning, Stopwatch.now() < limit else {
                process.stop(by: SIGINT)
                throw BenchFailure("PostgreSQL did not start:\n\(process.lastWords)")
            }
            Stopwatch.sleep(milliseconds: 20)
        }
        version = try Self.output(of: [programs + "/postgres", "--version"], place + "/version.log")
    }

    /// Ends it without waiting for its clients; returns when it is gone.
    func stop() { process.stop(by: SIGINT) }

    /// A fresh, empty database.
    /// - Returns: its name.
    func makeDatabase(_ name: String) throws {
        try Self.finish([programs + "/createdb", "-h", folder, "-U", Self.user, name], folder + ".client.log")
    }

    /// Runs SQL that gives no rows.
    func execute(_ sql: String, in database: String) throws {
        try Self.finish(
            [
                programs + "/psql", "-q", "-h", folder, "-U", Self.user, "-d", database, "-v", "ON_ERROR_STOP=1", "-c",
                sql,
            ], folder + ".client.log")
    }

    /// Where one of its programs lies.
    func program(_ name: String) -> String { programs + "/" + name }

    // MARK: Processor time

    /// User and system time of all its processes, the ended ones among them.
    func cpuSeconds() throws -> Double {
        // A process that ends between two reads would count twice or not at all.
        for _ in 0..<20 {
            let children = try figures.children()
            let ended = try figures.endedChildrenSeconds()
            let living = children.compactMap { try? ServerFigures(processID: $0).cpuSeconds() }
            if living.count == children.count, try figures.endedChildrenSeconds() == ended {
                return try living.reduce(ended, +) + figures.cpuSeconds()
            }
        }
        throw BenchFailure("PostgreSQL's processes come and go too fast to be counted.")
    }

    /// What `load` gives, with the processor time that the cluster took meanwhile.
    func metering(_ load: () throws -> Slice) throws -> Slice {
        let before = try cpuSeconds()
        var slice = try load()
        slice.databaseCPUSeconds = try cpuSeconds() - before
        return slice
    }

    // MARK: Programs

    /// Debian keeps each version in a folder of its own.
    private static var newestPrograms: String? {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return versions.compactMap { Int($0) }.max().map { "\(root)/\($0)/bin" }
    }

    /// PostgreSQL refuses to run as root. It ends with this process, however that ends.
    private static var asOwner: [String] {
        let setpriv = ChildProcess.find("setpriv") ?? "setpriv"
        let user = geteuid() == 0 ? ["--reuid=postgres", "--regid=postgres", "--clear-groups"] : []
        return [setpriv, "--pdeathsig", "INT"] + user
    }

    private static func makeFolder(_ folder: String, in place: String, _ log: String) throws {
        guard geteuid() == 0 else {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            return
        }
        // The cluster's user passes through, and sees nothing.
        for path in [place, (place as NSString).deletingLastPathComponent] {
            try FileManager.default.setAttributes([.posixPermissions: 0o711], ofItemAtPath: path)
        }
        try finish(["/usr/bin/install", "-d", "-o", "postgres", "-g", "postgres", "-m", "700", folder], log)
    }

    private static func finish(_ command: [String], _ log: String) throws {
        let process = try ChildProcess(command[0], Array(command.dropFirst()), log: log)
        let code = process.wait()
        guard code == 0 else {
            throw BenchFailure("\(command.joined(separator: " ")) ended with \(code):\n\(process.lastWords)")
        }
    }

    private static func output(of command: [String], _ log: String) throws -> String {
        try finish(command, log)
        return try String(contentsOfFile: log, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
