#if Postgres
    import Foundation
    import Glibc
    import Synchronization
    import TestConditions
    import Testing

    /// A server of PostgreSQL that a test may stop, copy and promote. Reached by a Unix socket alone.
    package final class PostgresServer: Sendable {
        private struct Process {
            let child: ChildProcess
            let lifeline: CInt
        }

        private let folder: TemporaryFolder
        private let process = Mutex<Process?>(nil)
        private let connections: Int
        /// Whether it is left to itself when this process ends.
        private let isLeft: Bool
        private var data: String { folder.file("data") }
        /// Its write-ahead log, where that is not below the data.
        private var log: String { folder.file("log") }
        /// The small one that it was made on.
        private let smallDisk: SmallDisk?

        /// What stands on a small disk of its own.
        package enum Part: String, Sendable, CaseIterable {
            /// Tables and indexes: what finds no room there is refused.
            case tables
            /// The write-ahead log: the server ends itself when it finds no room.
            case log
        }

        /// PostgreSQL refuses to run as root.
        private static var asPostgres: [String] {
            getuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []
        }

        /// Runs a server until its standard input ends.
        private static let wrapper = #""$@" & server=$!; cat >/dev/null; kill -INT $server; wait $server"#
        /// The same, and removes its folder, which nobody else does when the process has ended.
        private static let lastWrapper =
            #""$@" & server=$!; cat >/dev/null; kill -QUIT $server; wait $server; rm -rf "$0""#

        /// Where its socket is: `host` for libpq.
        package var host: String { folder.path }

        /// How libpq reaches the database `test`.
        package var url: String { "host=\(host) user=latchkey dbname=test" }

        /// Makes a new one, with an empty database `test`, and starts it.
        /// - Parameters:
        ///   - part: what stands on a small disk.
        ///   - isLeft: whether nothing ends it but the end of this process.
        package static func make(
            connections: Int = 200, small part: Part? = nil, isLeft: Bool = false
        ) async throws -> PostgresServer {
            let server = try PostgresServer(connections: connections, small: part, isLeft: isLeft)
            try await server.tool(
                "initdb",
                ["-N", "-A", "trust", "-U", "latchkey", "-E", "UTF8", "--locale=C", "-D", server.data]
                    + (part == nil ? [] : ["-X", server.log, "--wal-segsize=1"]))
            try await server.start()
            try await server.makeDatabase("test")
            return server
        }

        /// Makes an empty database.
        package func makeDatabase(_ name: String) async throws { try await tool("createdb", asClient([name])) }

        /// Removes a database, with whoever is connected to it.
        func removeDatabase(_ name: String) async throws {
            try await tool("dropdb", asClient(["--force", "--if-exists", name]))
        }

        /// Starts a standby that follows this server.
        package func makeStandby() async throws -> PostgresServer {
            let standby = try await copy(following: true)
            try await standby.start()
            try await catchUp(standby)
            return standby
        }

        /// Takes a copy as of now, which does not run.
        package func backup() async throws -> PostgresServer { try await copy(following: false) }

        /// Puts a copy in the place of this server's data. It does not run.
        package func restore(_ backup: PostgresServer) async throws {
            try FileManager.default.removeItem(atPath: data)
            try FileManager.default.moveItem(atPath: backup.data, toPath: data)
        }

        private func copy(following: Bool) async throws -> PostgresServer {
            let other = try PostgresServer(connections: connections)
            try await other.tool(
                "pg_basebackup",
                asClient(["-D", other.data, "-X", "stream", "-c", "fast"] + (following ? ["-R"] : [])))
            return other
        }

        private init(connections: Int, small part: Part? = nil, isLeft: Bool = false) throws {
            self.connections = connections
            self.isLeft = isLeft
            guard PostgresCluster.programs != nil else {
                throw PostgresCluster.Failure(description: PostgresCluster.whereFrom)
            }
            folder = try TemporaryFolder()
            if let part {
                let path = folder.file(part == .log ? "log" : "data")
                try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
                smallDisk = try SmallDisk(at: path, megabytes: part == .log ? 32 : 96)
            } else {
                smallDisk = nil
            }
            guard getuid() == 0 else { return }
            #expect(try ChildProcess(["chown", "-R", "postgres:", folder.path]).wait() == 0)
        }

        deinit { end() }

        // MARK: Its life

        /// - Parameter ahead: how many seconds its clock is ahead.
        package func start(ahead: Int = 0) async throws {
            guard let programs = PostgresCluster.programs else { return }
            let pipe = folder.file("lifeline-\(UUID().uuidString.prefix(8))")
            guard unsafe mkfifo(pipe, 0o600) == 0 else { throw PostgresCluster.Failure(description: "no pipe") }
            let lifeline = unsafe open(pipe, O_RDWR | O_CLOEXEC)
            let server =
                Self.asPostgres + [
                    "\(programs)/postgres", "-D", data, "-k", folder.path, "-c", "listen_addresses=",
                    "-c", "max_connections=\(connections)", "-c", "shared_buffers=32MB", "-c",
                    "wal_receiver_status_interval=1",
                ]
            let child = try ChildProcess(
                ["sh", "-c", isLeft ? Self.lastWrapper : Self.wrapper, folder.path] + server,
                environment: ahead == 0 ? [:] : WrongClock.environment(ahead: ahead), input: pipe,
                output: folder.file("server.log"),
                error: folder.file("server.log"))
            process.withLock { $0 = Process(child: child, lifeline: lifeline) }
            try await eventually("PostgreSQL answers") {
                if try await self.isAnswering() { return true }
                guard child.isRunning else {
                    let log = try? String(contentsOfFile: self.folder.file("server.log"), encoding: .utf8)
                    throw PostgresCluster.Failure(description: "PostgreSQL did not start: \(log ?? "")")
                }
                return false
            }
        }

        /// As a crash does: nothing is written any more, and the next start recovers.
        package func crash() async throws { try await stop("immediate") }

        package func stop() async throws { try await stop("fast") }

        private func stop(_ mode: String) async throws {
            try await tool("pg_ctl", ["-D", data, "-m", mode, "-w", "-t", "600", "stop"])
            end()
        }

        private func end() {
            let ended = process.withLock { process in
                defer { process = nil }
                return process
            }
            guard let ended else { return }
            close(ended.lifeline)
            ended.child.wait()
        }

        /// Leaves no room on the small disk.
        package func fillDisk() throws { try smallDisk?.fill() }

        /// Gives the room back. A server that ended itself meanwhile is started, as an operator does.
        package func freeDisk() async throws {
            try smallDisk?.free()
            try await eventually("PostgreSQL answers, or has ended") {
                guard try await self.isRunning() else { return true }
                return try await self.isAnswering()
            }
            guard try await !isRunning() else { return }
            end()
            try await start()
        }

        private func isRunning() async throws -> Bool { try await run("pg_ctl", ["-D", data, "status"]) == 0 }

        private func isAnswering() async throws -> Bool {
            try await run("psql", asClient(["-d", "postgres", "-c", "SELECT 1"])) == 0
        }

        /// How often the server's log has a line with this word.
        package func logged(_ word: String) throws -> Int {
            let text = try String(contentsOfFile: folder.file("server.log"), encoding: .utf8)
            return text.components(separatedBy: "\n").count { $0.contains(word) }
        }

        /// Makes a standby a primary.
        package func promote() async throws { try await tool("pg_ctl", ["-D", data, "-w", "-t", "600", "promote"]) }

        // MARK: What it holds

        /// Waits until the standby has all that is committed here by now.
        package func catchUp(_ standby: PostgresServer) async throws {
            let end = try await query("SELECT pg_current_wal_flush_lsn()")
            try await eventually("the standby has caught up") {
                try await standby.query("SELECT coalesce(pg_last_wal_replay_lsn() >= '\(end)', false)") == "t"
            }
        }

        /// The first column of the only row.
        package func query(_ sql: String) async throws -> String {
            let output = folder.file("query-\(UUID().uuidString)")
            #expect(try await run("psql", asClient(["-d", "test", "-AtX", "-c", sql]), output: output) == 0, "\(sql)")
            let text = try String(contentsOfFile: output, encoding: .utf8)
            return text.trimmingCharacters(in: .newlines)
        }

        /// Takes over the rows of another server's database, as `pg_dump` writes them.
        package func take(from other: PostgresServer) async throws {
            let dump = folder.file("dump.sql")
            try await other.tool("pg_dump", other.asClient(["-f", dump, "test"]))
            try await tool("psql", asClient(["-d", "test", "-X", "-v", "ON_ERROR_STOP=1", "-f", dump]))
        }

        private func asClient(_ arguments: [String]) -> [String] { ["-h", folder.path, "-U", "latchkey"] + arguments }

        private func tool(_ program: String, _ arguments: [String]) async throws {
            let log = folder.file("\(program).log")
            guard try await run(program, arguments, output: log) == 0 else {
                let text = try? String(contentsOfFile: log, encoding: .utf8)
                throw PostgresCluster.Failure(description: "\(program) failed: \(text ?? "")")
            }
        }

        private func run(_ program: String, _ arguments: [String], output: String = "/dev/null") async throws -> Int32 {
            guard let programs = PostgresCluster.programs else { return 1 }
            return try await ChildProcess(
                Self.asPostgres + ["\(programs)/\(program)"] + arguments, output: output, error: output
            ).exit()
        }
    }
#endif
