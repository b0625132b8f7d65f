import Foundation

/// `latchkey serve` as a child process on a folder of its own.
final class ServerUnderTest {
    let endpoint: Endpoint
    let admin: Endpoint
    let figures: ServerFigures
    /// Port of 127.0.0.1.
    let port: UInt16
    /// As its tokens and lists name it.
    let issuer: String
    /// From the start of the process to the first answer of `/healthz`.
    let secondsToFirstAnswer: Double
    private let process: ChildProcess

    private static let startLimit = 30.0

    /// Starts the server and returns when it has answered.
    /// - Parameters:
    ///   - binary: the latchkey program.
    ///   - folder: gets `data`, which may be there already, and `server.log`.
    ///   - configuration: environment variables, where the defaults are not what is measured.
    ///   - issuer: of another node, beside which this one serves; by default where this one is reached.
    ///   - program: what runs it, with its own arguments; nothing by default.
    /// - Throws: ``BenchFailure`` with the end of its log when it does not answer.
    init(
        binary: String, folder: String, configuration: [String: String] = [:], issuer: String? = nil,
        under program: [String] = []
    ) throws {
        port = try SocketConnect.freePort()
        let data = folder + "/data"
        endpoint = .loopback(port: port)
        self.issuer = issuer ?? "http://localhost:\(port)"
        admin = .unixSocket(path: data + "/latchkey.sock")
        // Nothing in the caller's environment may change the result.
        let environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("LATCHKEY_") }
            .merging(configuration) { _, given in given }
        let start = Stopwatch.now()
        let command =
            program + [binary, "serve", "--data-dir", data, "--listen", "127.0.0.1:\(port)", "--issuer", self.issuer]
        process = try ChildProcess(
            command[0], Array(command.dropFirst()), environment: environment, log: folder + "/server.log")
        figures = ServerFigures(processID: process.processID)
        let limit = Stopwatch.after(Self.startLimit)
        while !Self.isHealthy(endpoint) {
            guard process.isRunning, Stopwatch.now() < limit else {
                process.kill()
                process.stop()
                throw BenchFailure("The server did not start. The end of its log:\n\(process.lastWords)")
            }
            Stopwatch.sleep(milliseconds: 1)
        }
        secondsToFirstAnswer = Stopwatch.seconds(from: start, to: Stopwatch.now())
    }

    /// Returns when it is gone.
    func stop() { process.stop() }

    private static func isHealthy(_ endpoint: Endpoint) -> Bool {
        guard let connection = try? HTTPConnection(endpoint) else { return false }
        return (try? connection.exchange(HTTPRequest.get("/healthz"))) == 200
    }
}
