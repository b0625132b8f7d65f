import Foundation
import Glibc
import TestConditions
import TestSupport
import Testing

/// Help at the width of what it is read on.
struct HelpLayoutTests {
    @Test func `no line of any command's help is wider than asked for, but for single words`() async throws {
        let fixture = try CommandLineFixture()
        var (seen, open): (Int, [[String]]) = (0, [[]])
        while let command = open.popLast() {
            let far = try await fixture.run(command + ["--help"], environment: ["COLUMNS": "9999"])
            seen += 1
            let listed = far.lines.drop { !$0.hasSuffix("SUBCOMMANDS:") }
            for line in listed where line.hasPrefix("  ") && !line.hasPrefix("   ") && !line.hasPrefix("  See") {
                open.append(command + [String(try #require(line.split(separator: " ").first))])
            }
            for width in [30, 40, 80, 120] {
                let run = try await fixture.run(command + ["--help"], environment: ["COLUMNS": "\(width)"])
                #expect(run.code == 0 && run.error.isEmpty)
                let wide = run.lines.filter { $0.count > width && !Self.isOneWord($0) }
                #expect(wide.isEmpty, "\(command) \(wide)")
                // Nothing is lost on the way, whatever stands in which line.
                #expect(Self.letters(run.output) == Self.letters(far.output), "\(command)")
            }
        }
        #expect(seen >= 60, "the walk missed commands")
    }

    @Test func `without a terminal help has 80 columns, and a width that is none counts as none`() async throws {
        let fixture = try CommandLineFixture()
        let plain = try await fixture.run(["client", "add", "--help"], environment: ["COLUMNS": ""])
        let wide = try #require(plain.lines.map(\.count).max())
        #expect((60...80).contains(wide))
        for bad in ["x", "80x", "10001", "99999999999999999999"] {
            let run = try await fixture.run(["client", "add", "--help"], environment: ["COLUMNS": bad])
            #expect(run.code == 0 && run.output == plain.output, "\(bad)")
        }
    }

    @Test func `a paragraph flows from line to line, whatever its lines are in the source`() async throws {
        let fixture = try CommandLineFixture()
        let run = try await fixture.run(["user", "import", "--help"], environment: ["COLUMNS": "80"])
        let overview = run.output.split(separator: "\n", omittingEmptySubsequences: false)
            .prefix { !$0.hasPrefix("USAGE: ") }
        var flowing = 0
        for (line, next) in zip(overview, overview.dropFirst()) where !line.hasPrefix(" ") && !line.isEmpty {
            guard let word = next.split(separator: " ").first else { continue }
            flowing += 1
            #expect(line.count + 1 + word.count > 80, "\(line)")
        }
        #expect(flowing >= 4)
    }

    @Test(arguments: [40, 80, 120])
    func `an example that is broken is still the same command for a shell`(width: Int) async throws {
        let fixture = try CommandLineFixture()
        for command in [["client", "add"], ["revoke"], ["token", "verify"], ["password", "hash"]] {
            let far = try await fixture.run(command + ["--help"], environment: ["COLUMNS": "9999"])
            let near = try await fixture.run(command + ["--help"], environment: ["COLUMNS": "\(width)"])
            let expected = Self.examples(far.output)
            #expect(expected.count >= 2)
            let script = """
                cd '\(fixture.folder.path)' && touch token.txt
                latchkey() { printf '[%s]' "$@"; echo; cat > /dev/null; }

                """
            let long = try await Self.shell(fixture, script + expected.joined(separator: "\n"))
            let broken = try await Self.shell(fixture, script + Self.examples(near.output).joined(separator: "\n"))
            #expect(long.contains("[--") && long == broken, "\(command)")
        }
    }

    @Test func `a narrow screen has the meaning below its option, and a wide one beside it`() async throws {
        let fixture = try CommandLineFixture()
        let narrow = try await fixture.run(["user", "add", "--help"], environment: ["COLUMNS": "40"])
        let wide = try await fixture.run(["user", "add", "--help"], environment: ["COLUMNS": "80"])
        let below = try #require(narrow.lines.firstIndex { $0.hasPrefix("  --config") })
        #expect(narrow.lines[below] == "  --config <file>")
        #expect(narrow.lines[below + 1].prefix { $0 == " " }.count == 6)
        let beside = try #require(wide.lines.first { $0.hasPrefix("  --config") })
        #expect(beside.prefix(26) == "  --config <file>         " && beside.dropFirst(26).first != " ")
    }

    @Test func `on a terminal its own width counts, for help and for the synopsis of an error`() async throws {
        let terminal = try PseudoTerminal(columns: 50)
        let help = try ChildProcess(
            [ServerProcess.binary, "serve", "--help"], environment: ["COLUMNS": ""], output: terminal.path)
        let lines = try await terminal.lines(until: help)
        #expect(help.wait() == 0)
        #expect(lines.allSatisfy { $0.count <= 50 || Self.isOneWord($0) }, "\(lines)")
        #expect(lines.contains { $0.count > 40 })

        let wrong = try ChildProcess(
            [ServerProcess.binary, "serve", "--bogus"], environment: ["COLUMNS": ""], error: terminal.path)
        let refusal = try await terminal.lines(until: wrong)
        #expect(wrong.wait() == 2)
        let usage = refusal.drop { !$0.hasPrefix("Usage: latchkey serve [") }
        #expect(usage.count >= 3 && usage.allSatisfy { $0.count <= 50 }, "\(refusal)")
    }

    /// A word, one in quotes too, or the only one of a command's line that goes on in the next.
    private static func isOneWord(_ line: String) -> Bool {
        let words = line.replacing(/'[^']*'|"[^"]*"/, with: "quoted").split(separator: " ")
        return words.count == 1 || (words.count == 2 && words[1] == "\\")
    }

    private static func letters(_ text: String) -> String { text.filter { !$0.isWhitespace && $0 != "\\" } }

    /// Indented lines above the synopsis: what a shell runs.
    private static func examples(_ help: String) -> [String] {
        let overview = help.split(separator: "\n").prefix { !$0.hasPrefix("USAGE: ") }
        return overview.filter { $0.hasPrefix("  ") }.map(String.init)
    }

    /// What a script prints.
    private static func shell(_ fixture: CommandLineFixture, _ script: String) async throws -> String {
        let output = fixture.folder.file("shell-\(UUID().uuidString)")
        let child = try ChildProcess(["bash", "-c", script], output: output)
        #expect(try await child.exit() == 0)
        return try String(contentsOfFile: output, encoding: .utf8)
    }
}

/// A terminal of so many columns, whose other side is read here.
private final class PseudoTerminal {
    struct Failure: Error {}

    /// What a program opens to write to it.
    let path: String
    private let master: Int32
    /// Held open, for a terminal that nobody has open tells its other side that it is gone.
    private let held: Int32

    init(columns: UInt16) throws {
        var (master, held): (Int32, Int32) = (-1, -1)
        var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        // All three are ours for the call.
        guard unsafe openpty(&master, &held, nil, nil, &size) == 0, fcntl(master, F_SETFL, O_NONBLOCK) == 0
        else { throw Failure() }
        (self.master, self.held) = (master, held)
        path = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(held)")
    }

    deinit {
        close(held)
        close(master)
    }

    /// The lines that a program has written when it has ended.
    func lines(until program: ChildProcess) async throws -> [String] {
        var bytes: [UInt8] = []
        try await eventually("the program has written and ended") {
            let hasEnded = !program.isRunning
            var chunk = [UInt8](repeating: 0, count: 4096)
            // The buffer is ours for the call.
            while case let count = unsafe read(master, &chunk, chunk.count), count > 0 { bytes += chunk.prefix(count) }
            return hasEnded
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\r\n").map(String.init)
    }
}
