import Foundation
import Glibc
import TestConditions
import Testing

/// A real nginx in a process of its own, on a configuration of the test and in a folder of the test.
package final class NginxProcess: Sendable {
    package typealias Failure = ChildProcess.Failure

    private let child: ChildProcess
    private let log: String

    /// Debian's nginx; nil where none is installed.
    package static var binary: String? {
        ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"].first {
            FileManager.default.isExecutableFile(atPath: $0)
        }
    }

    /// Why a suite behind nginx does not run here.
    package static let whereFrom = "nginx is not installed; on Debian: apt-get install nginx-light"

    /// A recipe of `Config/nginx` with its words in capitals replaced.
    package static func recipe(_ name: String, _ words: [String: String]) throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        var text = try String(
            contentsOf: root.appendingPathComponent("Config/nginx/\(name).conf"), encoding: .utf8)
        // Longer words first: one may be the beginning of another.
        for (word, value) in words.sorted(by: { $0.key.count > $1.key.count }) {
            guard text.contains(word) else { throw Failure(description: "\(name).conf has no \(word)") }
            text = text.replacing(word, with: value)
        }
        return text
    }

    /// Starts nginx and returns when it answers on each of `ports`.
    /// - Parameter http: what stands inside `http { }`.
    package init(folder: TemporaryFolder, http: String, ports: [Int]) async throws {
        guard let binary = Self.binary else { throw Failure(description: Self.whereFrom) }
        let place = folder.file("nginx-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        log = place + "/error.log"
        // One process, no user to change to: the same for root and for anybody else.
        let configuration = """
            daemon off;
            master_process off;
            pid \(place)/nginx.pid;
            error_log \(log) notice;
            events { worker_connections 256; }
            http {
            access_log off;
            client_body_temp_path \(place)/body;
            proxy_temp_path \(place)/proxy;
            fastcgi_temp_path \(place)/fastcgi;
            uwsgi_temp_path \(place)/uwsgi;
            scgi_temp_path \(place)/scgi;
            \(http)
            }
            """
        let path = place + "/nginx.conf"
        try Data(configuration.utf8).write(to: URL(filePath: path))
        child = try ChildProcess(
            [binary, "-e", log, "-p", place, "-c", path], output: place + "/output.log", error: place + "/output.log")
        for port in ports { try await waitUntilListening(port) }
    }

    deinit {
        // A test that threw must not leave a proxy behind.
        child.signal(SIGKILL)
        child.wait()
    }

    private func waitUntilListening(_ port: Int) async throws {
        let http = TestHTTP(base: "http://127.0.0.1:\(port)", client: .withoutRedirects)
        try await eventually("nginx answers or ends") {
            if (try? await http.send("GET", "/_ready")) != nil { return true }
            return !child.isRunning
        }
        if child.isRunning { return }
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        throw Failure(description: "nginx did not start:\n\(text.suffix(2000))")
    }
}
