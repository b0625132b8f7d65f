#if Postgres
    import Foundation
    import Glibc
    import Synchronization
    import TestConditions
    import Testing

    /// One PostgreSQL cluster for a whole run of the tests, in a folder of its own and reached by a Unix socket alone.
    /// Every test gets a database of its own. It ends with this process, however that ends.
    package final class PostgresCluster: Sendable {
        package typealias Failure = ChildProcess.Failure

        private static let shared = Mutex<Task<PostgresCluster, any Error>?>(nil)
        private static let databases = Atomic<Int>(0)

        private let folder: TemporaryFolder
        private let child: ChildProcess
        /// Open for writing as long as this process lives: the wrapper stops the server when it is closed.
        private let lifeline: CInt

        /// Where Debian puts the newest server; nil where there is none.
        package static var programs: String? {
            let root = "/usr/lib/postgresql"
            let versions = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).compactMap { Int($0) }
            return versions.max().map { "\(root)/\($0)/bin" }
        }

        package static let whereFrom = "PostgreSQL is not installed; on Debian: apt-get install postgresql"

        /// PostgreSQL refuses to run as root.
        static var asPostgres: [String] {
            getuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []
        }

        /// Runs a server until its standard input ends.
        static let wrapper = #""$@" & server=$!; cat >/dev/null; kill -INT $server; wait $server"#

        /// The cluster of this run, started by whoever asks first.
        package static func running() async throws -> PostgresCluster {
            try await shared.withLock { task in
                if let task { return task }
                let started = Task { try await PostgresCluster() }
                task = started
                return started
            }.value
        }

        private init() async throws {
            guard let programs = Self.programs else { throw Failure(description: Self.whereFrom) }
            folder = try TemporaryFolder()
            let data = folder.file("data")
            let user = Self.asPostgres
            if getuid() == 0 {
                let owner = try ChildProcess(["chown", "postgres:", folder.path])
                #expect(try await owner.exit() == 0)
            }
            let initialise = try ChildProcess(
                user + [
                    "\(programs)/initdb", "-N", "-A", "trust", "-U", "latchkey", "-E", "UTF8", "--locale=C", "-D", data,
                ], output: folder.file("initdb.log"), error: folder.file("initdb.log"))
            guard try await initialise.exit() == 0 else {
                let log = try? String(contentsOfFile: folder.file("initdb.log"), encoding: .utf8)
                throw Failure(description: "initdb failed: \(log ?? "")")
            }
            let pipe = folder.file("lifeline")
            guard unsafe mkfifo(pipe, 0o600) == 0 else { throw Failure(description: "no pipe") }
            lifeline = unsafe open(pipe, O_RDWR | O_CLOEXEC)
            let server =
                user + [
                    "\(programs)/postgres", "-D", data, "-k", folder.path, "-c", "listen_addresses=",
                    "-c", "max_connections=1000", "-c", "shared_buffers=64MB",
                ]
            child = try ChildProcess(
                ["sh", "-c", Self.wrapper, "sh"] + server,
                input: pipe, output: folder.file("server.log"), error: folder.file("server.log"))
            try await eventually("PostgreSQL answers or ends") {
                if try await self.run("psql", ["-d", "postgres", "-c", "SELECT 1"]) == 0 { return true }
                return !self.child.isRunning
            }
            guard child.isRunning else {
                let log = try? String(contentsOfFile: folder.file("server.log"), encoding: .utf8)
                throw Failure(description: "PostgreSQL did not start: \(log ?? "")")
            }
        }

        /// A fresh, empty database.
        /// - Returns: how libpq reaches it.
        package func makeDatabase() async throws -> String {
            let name = "test\(Self.databases.add(1, ordering: .relaxed).newValue)"
            guard try await run("createdb", [name]) == 0 else { throw Failure(description: "createdb failed") }
            return "host=\(folder.path) user=latchkey dbname=\(name)"
        }

        private func run(_ program: String, _ arguments: [String]) async throws -> Int32 {
            guard let programs = Self.programs else { throw Failure(description: Self.whereFrom) }
            let child = try ChildProcess(
                ["\(programs)/\(program)", "-h", folder.path, "-U", "latchkey"] + arguments)
            return try await child.exit()
        }
    }
#endif
