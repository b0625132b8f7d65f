import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import latchkey

/// The container recipe and the systemd unit, as far as they can be checked without running either.
struct ShippingTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    private static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
    }

    /// Instructions of the container recipe, continued lines joined, comments gone.
    private static func instructions() throws -> [[String]] {
        try text("Config/Containerfile").replacing("\\\n", with: " ").split(separator: "\n")
            .filter { !$0.hasPrefix("#") }.map { $0.split(separator: " ").map(String.init) }
    }

    /// The packages that the recipe installs beside the program, without those of an image with PostgreSQL.
    private static func runtimePackages() throws -> Set<String> {
        let run = try #require(try instructions().last { $0.first == "RUN" && $0.contains("install") })
        let words = try #require(run.split(separator: "--no-install-recommends").last).prefix { $0 != "&&" }
        return Set(words.filter { !$0.hasPrefix("$") })
    }

    private static let hasSystemd = FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze")
    /// The packages have these names on Debian 12, which the container is made of.
    private static let isDebian12 =
        (try? String(contentsOfFile: "/etc/os-release", encoding: .utf8))?.contains("VERSION_CODENAME=bookworm") == true

    #if Postgres
        private static let hasPostgres = true
    #else
        private static let hasPostgres = false
    #endif

    /// What a program of this machine prints.
    private static func run(_ program: String, _ arguments: String...) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/" + program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }

    /// A copy of the unit whose program exists on this machine, for systemd looks for it.
    private static func withUnit(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "latchkey-unit-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let unit = folder.appending(path: "latchkey.service")
        try text("Config/latchkey.service").replacing("ExecStart=/usr/local/bin/latchkey", with: "ExecStart=/bin/true")
            .write(to: unit, atomically: true, encoding: .utf8)
        try body(unit.path)
    }

    @Test(arguments: ["Config/Containerfile", "Config/latchkey.service", "Scripts/ship"])
    func `every path of the repository that is named exists`(file: String) throws {
        let path = /\b(Sources|Tests|Scripts|Config|Migrations)\/[A-Za-z0-9_+.\/\-]*[A-Za-z0-9]/
        let named = try Set(Self.text(file).matches(of: path).map { String($0.output.0) })
        #expect(!named.isEmpty)
        for path in named { #expect(Self.exists(path), "\(path)") }
    }

    @Test func `what the container recipe copies is there, and the program is where Scripts/ship puts it`() throws {
        let copies = try Self.instructions().filter { $0.first == "COPY" }
        let sources = copies.filter { !$0[1].hasPrefix("--") }.flatMap { $0.dropFirst().dropLast() }
        #expect(sources.contains("Sources"))
        for source in sources { #expect(Self.exists(source), "\(source)") }
        let programs = copies.filter { $0[1].hasPrefix("--from") }.map { $0[2] }
        #expect(programs == ["/latchkey/.build/ship/latchkey"])
        #expect(try Self.text("Scripts/ship").contains("program=$ship_folder/latchkey\n"))
        #expect(try Self.text("Scripts/prerequisites").contains("ship_folder=$root/.build/${LATCHKEY_SHIP:-ship}\n"))
    }

    @Test func `the container's command and the unit's are commands of this program`() throws {
        let instructions = try Self.instructions()
        let health = try #require(instructions.first { $0.first == "HEALTHCHECK" })
        let words = health.drop { $0 != "CMD" }.dropFirst().joined(separator: " ")
        let command = try JSONDecoder().decode([String].self, from: Data(words.utf8))
        #expect(command.first == "latchkey")
        #expect(try Latchkey.parseAsRoot(Array(command.dropFirst())) is HealthCommand)

        let start = try #require(try Self.text("Config/latchkey.service").firstMatch(of: /\nExecStart=(.*)\n/))
        let arguments = start.output.1.split(separator: " ").dropFirst().map(String.init)
        #expect(try Latchkey.parseAsRoot(arguments) is ServeCommand)
    }

    @Test func `every variable that is set or named is a key of the configuration`() throws {
        let known = Set(ConfigurationKey.all.map(\.variable)).union([ConfigurationKey.masterKeyVariable])
        for file in ["Config/Containerfile", "Config/latchkey.service"] {
            let named = try Self.text(file).matches(of: /\bLATCHKEY_[A-Z_]+/).map { String($0.output) }
            #expect(!named.isEmpty)
            for variable in named { #expect(known.contains(variable), "\(variable)") }
        }
    }

    @Test(.enabled(if: hasSystemd, "needs systemd-analyze"))
    func `systemd accepts the unit and finds little left to shut`() throws {
        try Self.withUnit { unit in
            let verified = try Self.run("systemd-analyze", "verify", unit)
            #expect(verified.status == 0 && verified.output.isEmpty, "\(verified.output)")
            let judged = try Self.run(
                "systemd-analyze", "security", "--offline=yes", "--no-pager", "--threshold=15", unit)
            #expect(judged.status == 0, "\(judged.output)")
        }
    }

    @Test func `the unit asks for the packages that the container has`() throws {
        let unit = try #require(try Self.text("Config/latchkey.service").firstMatch(of: /apt-get install (.*)\n/))
        #expect(try Set(unit.output.1.split(separator: " ").map(String.init)) == Self.runtimePackages())
    }

    /// Whoever stays with SQLite needs nothing of PostgreSQL's on the machine.
    @Test func `the program links PostgreSQL's library only if it was built for it`() throws {
        let needed = try Self.run("readelf", "--dynamic", ServerProcess.binary)
        #expect(needed.status == 0 && needed.output.contains("libsqlite3.so"), "\(needed.output)")
        #if Postgres
            #expect(needed.output.contains("libpq.so"))
        #else
            #expect(!needed.output.contains("libpq"))
        #endif
    }

    /// The program of this test run links Swift's libraries from the toolchain, which no package of the system owns; all
    /// others are what the shipped one needs.
    @Test(
        .enabled(if: isDebian12 && !hasPostgres, "the names are those of Debian 12, of the program without PostgreSQL"))
    func `the packages of the container are those whose libraries the program needs`() throws {
        let libraries = try Self.run("ldd", ServerProcess.binary)
        var needed: Set<String> = []
        for match in libraries.output.matches(of: /=> (\/\S+)/) {
            let path = String(match.output.1)
            // Packages record /lib or /usr/lib; on a merged system both are the same file.
            let owner = try [path, "/usr" + path].lazy.compactMap { try Self.run("dpkg-query", "--search", $0) }
                .first { $0.status == 0 }
            if let name = owner?.output.prefix(while: { $0 != ":" }) { needed.insert(String(name)) }
        }
        #expect(needed.contains("libsqlite3-0"))
        // libc6 is in every image; the certificates are for commands that speak https to other servers.
        #expect(needed.subtracting(["libc6"]) == (try Self.runtimePackages()).subtracting(["ca-certificates"]))
    }
}
