import Foundation
import Glibc
import TestConditions
import TestSupport
import Testing

/// Nobody takes what the program says: a server goes on, a command ends as other tools do.
@Suite(.endsHang)
struct UnwritableLogTests {
    private static let dropped = "latchkey_log_lines_dropped_total"
    private static let notice = "Log lines were dropped"

    // MARK: The server

    @Test func `a log on a full device is dropped and counted, and the server answers`() async throws {
        let folder = try TemporaryFolder()
        let server = try await OwnServer(folder.path, output: "/dev/full", error: "/dev/full")
        try await server.ask()
        #expect(try #require(try await server.metric(Self.dropped)) > 0)
        #expect(try await server.stop() == 0)
    }

    @Test func `a log pipe whose reader leaves is dropped and counted, and the server answers`() async throws {
        let folder = try TemporaryFolder()
        let pipe = try NamedPipe(folder.file("pipe"))
        let server = try await OwnServer(folder.path, output: pipe.path, error: pipe.path)
        pipe.close()
        try await server.ask()
        #expect(try #require(try await server.metric(Self.dropped)) > 0)
        #expect(try await server.stop() == 0)
    }

    @Test(arguments: [true, false])
    func `an unread log pipe delays no request, and lost lines are reported`(isReadAgain: Bool) async throws {
        let folder = try TemporaryFolder()
        let pipe = try NamedPipe(folder.file("pipe"))
        let server = try await OwnServer(folder.path, output: pipe.path, error: pipe.path)
        while try await server.metric(Self.dropped) == 0 { try await server.ask() }
        #expect(try await server.http.get("/readyz").status == 200)
        if isReadAgain {
            var text = ""
            while !text.contains(Self.notice) {
                // The notice may lie across two readings.
                text = text.suffix(1000) + pipe.read()
                try await Task.sleep(for: .milliseconds(1))
            }
        }
        #expect(try await server.stop() == 0)
    }

    @Test(.enabled(if: FullDiskTests.Limit.possible.contains(.fileSystem), "needs the right to mount"))
    func `data and log on one full disk: it goes on, and says so when there is room`() async throws {
        let folder = try TemporaryFolder()
        try #require(try await run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder.path) == 0)
        let log = folder.file("server.log")
        let server = try await OwnServer(folder.file("data"), output: log, error: log)
        while try await server.metric(Self.dropped) == 0 { try await server.ask() }
        #expect(try await server.http.get("/.well-known/jwks.json").status == 200)
        #expect(try await run("mount", "-o", "remount,size=64m", folder.path) == 0)
        try await eventually("it is ready") { try await server.http.get("/readyz").status == 200 }
        while try !String(contentsOfFile: log, encoding: .utf8).contains(Self.notice) {
            try await server.ask(8)
        }
        // What the full disk cut off is a line of its own.
        let text = try String(contentsOfFile: log, encoding: .utf8)
        let notice = try #require(text.split(separator: "\n").first { $0.contains(Self.notice) })
        #expect(notice.wholeMatch(of: /\d{4}-\d\d-\d\dT[\d:]+\.\d{3}Z warning latchkey\.log: .*lk\.dropped=\d+/) != nil)
        #expect(try await server.stop() == 0)
        #expect(try await run("umount", "-l", folder.path) == 0)
    }

    private func run(_ command: String...) async throws -> Int32 { try await ChildProcess(command).exit() }

    // MARK: Commands

    @Test func `a result that cannot be written is an error, a hint that cannot be written is none`() async throws {
        let folder = try TemporaryFolder()
        let (input, errors) = (folder.file("in"), folder.file("errors"))
        try Data("quiet otters paint fences\n".utf8).write(to: URL(filePath: input))
        let print = try ChildProcess(
            [ServerProcess.binary, "config", "print", "--data-dir", folder.path], output: "/dev/full", error: errors)
        #expect(try await print.exit() == 1)
        #expect(
            try String(contentsOfFile: errors, encoding: .utf8)
                == "latchkey: standard output cannot be written: No space left on device.\n")
        let add = try ChildProcess(
            [ServerProcess.binary, "user", "add", "ada", "--password-stdin", "--data-dir", folder.path], input: input,
            output: folder.file("out"), error: "/dev/full")
        #expect(try await add.exit() == 0)
    }

    @Test func `a command whose reader has left ends quietly, by the signal`() async throws {
        let folder = try TemporaryFolder()
        let errors = folder.file("errors")
        let (input, output) = (try NamedPipe(folder.file("in"), isWriter: true), try NamedPipe(folder.file("out")))
        let command = try ChildProcess(
            [ServerProcess.binary, "user", "add", "ada", "--password-stdin", "--data-dir", folder.path],
            input: input.path, output: output.path, error: errors)
        // It has its end of the pipe by then, and waits for the password.
        try await eventually("a writer") { output.hasWriter }
        output.close()
        input.write("quiet otters paint fences\n")
        input.close()
        #expect(try await command.exit() == 128 + SIGPIPE)
        #expect(try String(contentsOfFile: errors, encoding: .utf8).contains("cannot") == false)
    }
}

/// One end of a named pipe.
private final class NamedPipe {
    let path: String
    private var descriptor: CInt

    /// - Parameter isWriter: the other end is the program's standard input.
    init(_ path: String, isWriter: Bool = false) throws {
        self.path = path
        // The path is a live copy for each call.
        try #require(unsafe mkfifo(path, 0o600) == 0)
        // Both ways, so that opening waits for nobody.
        descriptor = unsafe open(path, (isWriter ? O_RDWR : O_RDONLY) | O_NONBLOCK | O_CLOEXEC)
        try #require(descriptor >= 0)
    }

    deinit { close() }

    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Without a writer reading finds the end, with one nothing yet.
    var hasWriter: Bool {
        var byte: UInt8 = 0
        return unsafe Glibc.read(descriptor, &byte, 1) < 0 && errno == EAGAIN
    }

    /// What is there.
    func read() -> String {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    func write(_ text: String) {
        let bytes = Array(text.utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
    }
}
