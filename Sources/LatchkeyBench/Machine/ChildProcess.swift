import Foundation
import Glibc
import Synchronization

/// A program that runs beside the measurement, its output in a log.
final class ChildProcess {
    let processID: Int32
    private let process: Process
    private let log: String
    private let name: String

    /// All running children, for the signal handler: an interrupted measurement leaves no process behind.
    private static let running = Mutex<Set<Int32>>([])
    private static let stopLimit = 15.0

    /// - Parameters:
    ///   - environment: replaces the caller's.
    ///   - log: is continued when it exists.
    /// - Throws: ``BenchFailure`` when the program cannot be started.
    init(
        _ program: String, _ arguments: [String],
        environment: [String: String] = ProcessInfo.processInfo.environment, log: String
    ) throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = environment
        let files = FileManager.default
        guard files.fileExists(atPath: log) || files.createFile(atPath: log, contents: nil),
            let output = FileHandle(forWritingAtPath: log)
        else { throw BenchFailure("\(log) cannot be written.") }
        try output.seekToEnd()
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        do { try process.run() } catch { throw BenchFailure("\(program) cannot be started: \(error)") }
        let child = process.processIdentifier
        Self.running.withLock { _ = $0.insert(child) }
        processID = child
        self.log = log
        name = (program as NSString).lastPathComponent
    }

    var isRunning: Bool { process.isRunning }

    /// The end of its output.
    var lastWords: String { String(((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").suffix(2000)) }

    /// Waits for its end.
    /// - Returns: its exit code.
    func wait() -> Int32 {
        process.waitUntilExit()
        forget()
        return process.terminationStatus
    }

    /// Asks it to end, and kills it when that does not help in time.
    func stop(by signal: Int32 = SIGTERM) {
        if process.isRunning { Glibc.kill(processID, signal) }
        let limit = Stopwatch.after(Self.stopLimit)
        while process.isRunning, Stopwatch.now() < limit { Stopwatch.sleep(milliseconds: 5) }
        if process.isRunning {
            Console.note("\(name) did not stop in \(Int(Self.stopLimit)) seconds; killing it")
            kill()
        }
        forget()
    }

    /// Without a chance to tidy up.
    func kill() { Glibc.kill(processID, SIGKILL) }

    private func forget() { Self.running.withLock { _ = $0.remove(processID) } }

    /// Ends the children, then this process, when somebody interrupts the measurement.
    static func stopOnInterrupt() -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                for child in running.withLock({ $0 }) { Glibc.kill(child, SIGTERM) }
                Console.note("Interrupted")
                exit(1)
            }
            source.resume()
            return source
        }
    }

    /// Where a program lies, among the folders of PATH and those of administrators.
    static func find(_ name: String) -> String? {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/usr/local/sbin"]
        return folders.map { $0 + "/" + name }.first(where: FileManager.default.isExecutableFile(atPath:))
    }
}
