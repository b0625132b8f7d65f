import Foundation
import TestConditions
import TestSupport
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A real Apache in a process of its own, on a configuration of the test and in a folder of the test.
final class ApacheProcess: Sendable {
    let port: Int
    var origin: String { "http://127.0.0.1:\(port)" }
    private let child: ChildProcess
    private let place: String

    /// Starts it with one module more than it needs, and returns when it answers.
    /// - Parameters:
    ///   - module: such as `auth_openidc`.
    ///   - pages: texts by their paths; what they echo is filled in by mod_include.
    ///   - configuration: of the module.
    init(
        module: String, port: Int, pages: [String: String], configuration: String, folder: TemporaryFolder
    ) async throws {
        self.port = port
        place = folder.file("apache-\(port)")
        for (path, text) in pages {
            let file = URL(filePath: place + "/pages" + path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        // As root it changes to a user who has to be let in.
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: place)
        let path = place + "/apache.conf"
        try Data(Self.text(module: module, port: port, place: place, configuration).utf8).write(to: URL(filePath: path))
        // One process, so that nothing outlives it.
        child = try ChildProcess(
            [ApplicationPackages.apache.program, "-X", "-f", path], output: place + "/output.log",
            error: place + "/output.log")
        let http = TestHTTP(base: "http://127.0.0.1:\(port)", client: .withoutRedirects)
        try await eventually("Apache answers or ends") {
            if (try? await http.get("/")) != nil { return true }
            return !child.isRunning
        }
        if !child.isRunning { throw ChildProcess.Failure(description: "Apache did not start:\n\(tail)") }
    }

    private static func text(module: String, port: Int, place: String, _ configuration: String) -> String {
        let modules = [
            "mpm_event", "authn_core", "authz_core", "authz_user", "mime", "dir", "filter", "include", module,
        ]
        return """
            ServerRoot \(place)
            ServerName 127.0.0.1
            PidFile \(place)/apache.pid
            DefaultRuntimeDir \(place)
            Mutex file:\(place) default
            Listen 127.0.0.1:\(port)
            User www-data
            Group www-data
            ErrorLog \(place)/error.log
            LogLevel info
            StartServers 1
            ServerLimit 1
            ThreadsPerChild 8
            MaxRequestWorkers 8
            MinSpareThreads 1
            MaxSpareThreads 8
            \(modules.map { "LoadModule \($0)_module /usr/lib/apache2/modules/mod_\($0).so" }.joined(separator: "\n"))
            TypesConfig /dev/null
            DocumentRoot \(place)/pages
            AddType text/html .shtml
            AddOutputFilter INCLUDES .shtml
            <Directory \(place)/pages>
              Options +Includes
            </Directory>
            \(configuration)

            """
    }

    deinit {
        // A test that threw must not leave a server behind.
        child.signal(SIGKILL)
        child.wait()
    }

    /// The end of what it said, for a test that fails.
    var tail: String {
        ["error.log", "output.log"].map { (try? String(contentsOfFile: "\(place)/\($0)", encoding: .utf8)) ?? "" }
            .joined().suffix(4000).description
    }
}
