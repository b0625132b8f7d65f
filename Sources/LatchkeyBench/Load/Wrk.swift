import Foundation

/// Load by wrk, which another server can be given too: the same generator for both sides of a comparison.
struct Wrk {
    /// The script and what it writes lie here.
    let folder: String
    static let connections = 16

    private let program: String

    init(folder: String) throws {
        guard let program = ChildProcess.find("wrk") else {
            throw BenchFailure("wrk is not installed; Scripts/bench installs it.")
        }
        self.program = program
        self.folder = folder
        try Data(Self.script.utf8).write(to: URL(fileURLWithPath: script))
    }

    /// Gets one address with one thread on ``connections`` connections.
    /// - Parameters:
    ///   - seconds: rounded to whole ones, which is all that wrk knows; at least one.
    ///   - answerBytes: what each answer, head and body, may have: tells a wrong answer that is no error.
    ///   - cpuSeconds: of the loaded processes, since their start.
    func run(
        port: UInt16, path: String, fields: [String], seconds: Double, answerBytes: ClosedRange<Int>,
        cpuSeconds: () throws -> Double
    ) throws -> Slice {
        let result = folder + "/wrk.txt"
        try? FileManager.default.removeItem(atPath: result)
        let arguments =
            ["-t1", "-c\(Self.connections)", "-d\(max(1, Int(seconds.rounded())))s", "-s", script]
            + fields.flatMap { ["-H", $0] } + ["http://127.0.0.1:\(port)\(path)"]
        let before = (server: try cpuSeconds(), generator: ServerFigures.endedChildrenCPUSeconds())
        let process = try ChildProcess(
            program, arguments, environment: ["WRK_RESULT": result], log: folder + "/wrk.log")
        guard process.wait() == 0, let text = try? String(contentsOfFile: result, encoding: .utf8) else {
            throw BenchFailure("wrk failed:\n\(process.lastWords)")
        }
        let cpu = (
            server: try cpuSeconds() - before.server,
            generator: ServerFigures.endedChildrenCPUSeconds() - before.generator
        )
        let numbers = text.split(whereSeparator: \.isWhitespace).compactMap { UInt64($0) }
        guard numbers.count > 4 else { throw BenchFailure("wrk says something else: \(text)") }
        let (count, microseconds, bytes, errors) = (Int(numbers[0]), numbers[1], Int(numbers[2]), Int(numbers[3]))
        guard count > 0, answerBytes.contains(bytes / count) else {
            throw BenchFailure("\(count) answers of \(path) with \(bytes) bytes: not what was asked for.")
        }
        return Slice(
            count: count, seconds: Double(microseconds) / 1e6, latencies: numbers[4...].map { $0 * 1000 },
            failures: errors, firstFailure: errors > 0 ? "wrk counts \(errors) errors" : nil,
            serverCPUSeconds: cpu.server, generatorCPUSeconds: cpu.generator)
    }

    private var script: String { folder + "/wrk.lua" }

    /// Count, microseconds, bytes, errors, then a thousand quantiles of the latency in microseconds. `done` alone leaves
    /// wrk's fast path for the requests as it is.
    private static let script = """
        done = function(summary, latency, requests)
            local errors = summary.errors
            local file = io.open(os.getenv("WRK_RESULT"), "w")
            file:write(string.format("%d %d %d %d", summary.requests, summary.duration, summary.bytes,
                errors.connect + errors.read + errors.write + errors.status + errors.timeout))
            for i = 1, 1000 do
                file:write(string.format(" %d", latency:percentile(math.min(i / 10, 99.999))))
            end
            file:close()
        end
        """
}
