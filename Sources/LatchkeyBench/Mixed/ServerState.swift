import Foundation

/// What grows in a running server: memory, files, rows.
struct ServerState: Sendable {
    let residentMiB: Double
    let databaseMiB: Double
    let logMiB: Double
    let sessions: Double

    private struct Statistics: Decodable {
        let sessions: Int
    }

    /// - Parameters:
    ///   - admin: the socket of the admin API.
    ///   - database: path of the database file.
    init(of server: ServerFigures, admin: Endpoint, database: String) throws {
        residentMiB = try Self.residentMiB(server.processID)
        databaseMiB = Double(SeededServer.size(database)) / 1_048_576
        logMiB = Double(SeededServer.size(database + "-wal")) / 1_048_576
        let connection = try HTTPConnection(admin)
        try connection.exchange(HTTPRequest.get("/api/v1/admin/stats"), expecting: 200)
        let statistics = try JSONDecoder().decode(Statistics.self, from: Data(connection.body))
        sessions = Double(statistics.sessions)
    }

    /// The kernel's exact count; /proc/PID/status may be off by some hundred KiB a thread.
    private static func residentMiB(_ processID: Int32) throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(processID)/smaps_rollup", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix("Rss:") }
        guard let value = line?.split(separator: " ").dropFirst().first, let kibibytes = Double(value) else {
            throw BenchFailure("/proc/\(processID)/smaps_rollup has no Rss.")
        }
        return kibibytes / 1024
    }
}
