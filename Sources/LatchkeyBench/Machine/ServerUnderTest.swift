import Foundation
import Glibc
import Synchronization

/// `latchkey serve` as a child process on a folder of its own.
final class ServerUnderTest {
    let endpoint: Endpoint
    /// Of 127.0.0.1.
    let port: UInt16
    let admin: Endpoint
    let figures: ServerFigures
    /// As its tokens and lists name it; also where it is reached.
    let issuer: String
    /// From the start of the process to the first answer of `/healthz`.
    let secondsToFirstAnswer: Double
    private let process: Process

    /// The running children, for the signal handler: an interrupted measurement leaves no server behind.
    private static let running = Mutex<Set<Int32>>([])
    private static let startLimit = 30.0
    private static let stopLimit = 15.0

    /// Starts the server and returns when it has answered.
    /// - Parameters:
    ///   - binary: the latchkey program.
    ///   - folder: gets `data`, which may be there already, and `server.log`.
    ///   - configuration: environment variables, where the defaults are not what is measured.
    /// - Throws: ``BenchFailure`` with the end of its log when it does not answer.
    init(binary: String, folder: String, configuration: [String: String] = [:]) throws {
        port = try SocketConnect.freePort()
        let log = folder + "/server.log"
        let data = folder + "/data"
        endpoint = .loopback(port: port)
        issuer = "http://localhost:\(port)"
        admin = .unixSocket(path: data + "/latchkey.sock")
        process = Process()
        process.executableURL = URL(fileURLWithPath: binary)
        process.arguments = [
            "serve", "--data-dir", data, "--listen", "127.0.0.1:\(port)", "--issuer", issuer,
        ]
        // Nothing of the caller's environment may change what is measured.
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("LATCHKEY_") }
            .merging(configuration) { _, given in given }
        let files = FileManager.default
        guard files.fileExists(atPath: log) || files.createFile(atPath: log, contents: nil),
            let output = FileHandle(forWritingAtPath: log)
        else { throw BenchFailure("\(log) cannot be written.") }
        try output.seekToEnd()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice

        let start = Stopwatch.now()
        do { try process.run() } catch { throw BenchFailure("\(binary) cannot be started: \(error)") }
        let child = process.processIdentifier
        _ = Self.running.withLock { $0.insert(child) }
        figures = ServerFigures(processID: child)
        let limit = Stopwatch.after(Self.startLimit)
        while !Self.isHealthy(endpoint) {
            guard process.isRunning, Stopwatch.now() < limit else {
                if process.isRunning { kill(child, SIGKILL) }
                _ = Self.running.withLock { $0.remove(child) }
                let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
                throw BenchFailure("The server did not start. The end of its log:\n\(text.suffix(2000))")
            }
            Stopwatch.sleep(milliseconds: 1)
        }
        secondsToFirstAnswer = Stopwatch.seconds(from: start, to: Stopwatch.now())
    }

    /// SIGTERM, and SIGKILL when that does not help in time.
    func stop() {
        defer { _ = Self.running.withLock { $0.remove(process.processIdentifier) } }
        guard process.isRunning else { return }
        process.terminate()
        let limit = Stopwatch.after(Self.stopLimit)
        while process.isRunning, Stopwatch.now() < limit { Stopwatch.sleep(milliseconds: 5) }
        if process.isRunning {
            Console.note("The server did not stop in \(Int(Self.stopLimit)) seconds; killing it")
            kill(process.processIdentifier, SIGKILL)
        }
    }

    /// Ends the child, then this process, when somebody interrupts the measurement.
    static func stopOnInterrupt() -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                for child in running.withLock({ $0 }) { kill(child, SIGTERM) }
                Console.note("Interrupted")
                exit(1)
            }
            source.resume()
            return source
        }
    }

    private static func isHealthy(_ endpoint: Endpoint) -> Bool {
        guard let connection = try? HTTPConnection(endpoint) else { return false }
        return (try? connection.exchange(HTTPRequest.get("/healthz"))) == 200
    }
}

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
