import Foundation
import Glibc
import Synchronization

/// `latchkey serve` as a child process on a folder of its own.
final class ServerUnderTest {
    let endpoint: Endpoint
    let admin: Endpoint
    let figures: ServerFigures
    /// From the start of the process to the first answer of `/healthz`.
    let secondsToFirstAnswer: Double
    private let process: Process

    /// The running child, for the signal handler: an interrupted measurement leaves no server behind.
    private static let running = Mutex<Int32?>(nil)
    private static let startLimit = 30.0
    private static let stopLimit = 15.0

    /// Starts the server and returns when it has answered.
    /// - Parameters:
    ///   - binary: the latchkey program.
    ///   - folder: gets `data`, which may be there already, and `server.log`.
    /// - Throws: ``BenchFailure`` with the end of its log when it does not answer.
    init(binary: String, folder: String) throws {
        let port = try SocketConnect.freePort()
        let log = folder + "/server.log"
        let data = folder + "/data"
        endpoint = .loopback(port: port)
        admin = .unixSocket(path: data + "/latchkey.sock")
        process = Process()
        process.executableURL = URL(fileURLWithPath: binary)
        process.arguments = [
            "serve", "--data-dir", data, "--listen", "127.0.0.1:\(port)", "--issuer", "http://localhost:\(port)",
        ]
        // Default settings: nothing of the caller's environment may change what is measured.
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("LATCHKEY_") }
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
        Self.running.withLock { $0 = child }
        figures = ServerFigures(processID: child)
        let limit = Stopwatch.after(Self.startLimit)
        while !Self.isHealthy(endpoint) {
            guard process.isRunning, Stopwatch.now() < limit else {
                if process.isRunning { kill(child, SIGKILL) }
                Self.running.withLock { $0 = nil }
                let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
                throw BenchFailure("The server did not start. The end of its log:\n\(text.suffix(2000))")
            }
            Stopwatch.sleep(milliseconds: 1)
        }
        secondsToFirstAnswer = Stopwatch.seconds(from: start, to: Stopwatch.now())
    }

    /// SIGTERM, and SIGKILL when that does not help in time.
    func stop() {
        guard process.isRunning else { return }
        process.terminate()
        let limit = Stopwatch.after(Self.stopLimit)
        while process.isRunning, Stopwatch.now() < limit { Stopwatch.sleep(milliseconds: 5) }
        if process.isRunning {
            Console.note("The server did not stop in \(Int(Self.stopLimit)) seconds; killing it")
            kill(process.processIdentifier, SIGKILL)
        }
        Self.running.withLock { $0 = nil }
    }

    /// Ends the child, then this process, when somebody interrupts the measurement.
    static func stopOnInterrupt() -> [any DispatchSourceSignal] {
        [SIGINT, SIGTERM].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                if let child = running.withLock({ $0 }) { kill(child, SIGTERM) }
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
