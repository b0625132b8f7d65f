import Foundation
import Glibc

/// nginx with a folder of files, as fast as its own settings allow: the cost of HTTP on this machine in C.
final class Nginx {
    /// One answer that it is to give as the server does.
    struct Document {
        /// With its leading slash.
        let path: String
        let body: [UInt8]
        let contentType: String
        /// Header fields beyond those that nginx makes by itself.
        let fields: [(name: String, value: String)]
    }

    let port: UInt16
    private let process: ChildProcess
    private let workers: [ServerFigures]

    private static let startLimit = 10.0

    /// Starts it and returns when it answers.
    /// - Parameter folder: fresh; gets files, configuration and log.
    init(folder: String, documents: [Document], cores: Int) throws {
        guard let program = ChildProcess.find("nginx") else {
            throw BenchFailure("nginx is not installed; Scripts/bench installs it (Debian: nginx-light).")
        }
        port = try SocketConnect.freePort()
        let files = FileManager.default
        for document in documents {
            let file = URL(fileURLWithPath: folder + "/www" + document.path)
            try files.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(document.body).write(to: file)
        }
        let file = folder + "/nginx.conf"
        try Data(Self.configuration(folder, port, documents, cores).utf8).write(to: URL(fileURLWithPath: file))
        process = try ChildProcess(
            program, ["-p", folder, "-e", folder + "/error.log", "-c", file], log: folder + "/nginx.log")
        let master = ServerFigures(processID: process.processID)
        let limit = Stopwatch.after(Self.startLimit)
        var children: [Int32] = []
        while children.count < cores || (try? HTTPConnection(.loopback(port: port))) == nil {
            guard process.isRunning, Stopwatch.now() < limit else {
                process.stop()
                throw BenchFailure("nginx did not start:\n\(process.lastWords)")
            }
            Stopwatch.sleep(milliseconds: 5)
            children = (try? master.children()) ?? []
        }
        workers = children.map(ServerFigures.init)
    }

    /// Of all workers together; the master does nothing.
    func cpuSeconds() throws -> Double { try workers.map { try $0.cpuSeconds() }.reduce(0, +) }

    /// Returns when it is gone, its workers too.
    func stop() { process.stop() }

    private static func configuration(
        _ folder: String, _ port: UInt16, _ documents: [Document], _ cores: Int
    ) -> String {
        // Workers started by root would give up their rights, and the folder is ours alone.
        let user = geteuid() == 0 ? "user root;" : ""
        let unused = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map { "\($0)_temp_path \(folder)/\($0);" }.joined(separator: " ")
        return """
            \(user)
            daemon off;
            worker_processes \(cores);
            pid \(folder)/nginx.pid;
            events { worker_connections 1024; }
            http {
                access_log off;
                server_tokens off;
                # Over loopback plain writes are a seventh faster, and the yardstick is nginx at its best.
                sendfile off;
                tcp_nodelay on;
                open_file_cache max=100;
                open_file_cache_valid 3600s;
                keepalive_requests 1000000000;
                keepalive_timeout 3600s;
                max_ranges 0;
                \(unused)
                server {
                    # Each worker with a queue of its own, so that the connections spread over them.
                    listen 127.0.0.1:\(port) reuseport;
                    root \(folder)/www;
            \(documents.map(location).joined(separator: "\n"))
                }
            }
            """
    }

    private static func location(_ document: Document) -> String {
        let fields = document.fields.map { "add_header \($0.name) \"\($0.value.replacing("\"", with: "\\\""))\";" }
        return """
                    location = \(document.path) {
                        types { }
                        default_type \(document.contentType);
                        # The server sends none.
                        add_header Last-Modified "";
                        \(fields.joined(separator: " "))
                    }
            """
    }
}
