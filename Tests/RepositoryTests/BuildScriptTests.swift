import Foundation
import TestSupport
import Testing

/// What a script says while it builds, with a `swift` of our own in the place of the compiler.
struct BuildScriptTests {
    private static let scripts = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Scripts").path

    private struct Run {
        let code: Int32
        let output: String
        let error: String
    }

    /// Builds something that there is already, or is not.
    /// - Parameter compiler: the script that is run instead of `swift`, with the file that errors go to in `$messages`.
    private func build(isFirst: Bool, compiler: String) async throws -> Run {
        let folder = try TemporaryFolder()
        let (output, error) = (folder.file("output"), folder.file("messages"))
        let program = folder.file("program")
        if !isFirst { try "".write(toFile: program, atomically: true, encoding: .utf8) }
        try "#!/bin/bash\nmessages='\(error)'\n\(compiler)\n".write(
            toFile: folder.file("swift"), atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.file("swift"))
        let script = """
            set -euo pipefail
            PATH='\(folder.path)':$PATH
            source '\(Self.scripts)/prerequisites'
            source '\(Self.scripts)/building'
            build "the program" '\(program)' -c release
            echo built
            """
        let child = try ChildProcess(
            ["bash", "-c", script], environment: ["LATCHKEY_BUILD_INTERVAL": "1", "TMPDIR": folder.path],
            output: output, error: error)
        let code = try await child.exit()
        return Run(
            code: code, output: try String(contentsOfFile: output, encoding: .utf8),
            error: try String(contentsOfFile: error, encoding: .utf8))
    }

    @Test func `a first build says how long it takes before it begins`() async throws {
        let run = try await build(
            isFirst: true, compiler: #"grep -q 'compiles every dependency: 5 to 20 minutes' "$messages""#)
        #expect(run.code == 0 && run.output == "built\n")
        #expect(
            run.error.hasPrefix("==> Building the program. The first build compiles every dependency: 5 to 20 min"))
    }

    @Test func `a build with nothing to do says nothing`() async throws {
        let run = try await build(isFirst: false, compiler: "echo '[1/1] Planning build'; echo 'Build complete!'")
        #expect(run.code == 0 && run.output == "built\n" && run.error.isEmpty, "\(run.error)")
    }

    /// The compiler goes on until the step is shown.
    @Test(arguments: ["[3/9] Compiling NIOCore", "Fetching https://example.com/package from cache"])
    func `a long build shows which step it is in`(step: String) async throws {
        let run = try await build(
            isFirst: false,
            compiler: """
                [ "$*" = 'build -c release' ] || exit 9
                printf '%s\\n' '[2/9] Compiling another' $'\(step)\\e[2J' 'note: something else'
                for _ in {1..6000}; do
                    if grep -q so.far "$messages"; then exit 0; fi
                    sleep 0.1
                done
                exit 8
                """)
        #expect(run.code == 0 && run.output == "built\n", "\(run.error)")
        let line = try #require(run.error.split(separator: "\n").first)
        #expect(line.hasPrefix("==> Building the program, ") && line.hasSuffix(" so far: \(step)[2J"), "\(line)")
    }

    @Test func `of a build that fails everything is shown but the steps, and the script ends`() async throws {
        let run = try await build(
            isFirst: false,
            compiler: "echo '[1/2] Compiling it'; echo 'a.swift:1:2: error: no such thing'; echo '  1 | code'; exit 3")
        #expect(run.code == 3 && run.output.isEmpty)
        let lines = run.error.split(separator: "\n")
        #expect(lines.prefix(2) == ["a.swift:1:2: error: no such thing", "  1 | code"])
        #expect(lines.count == 3 && lines[2].hasPrefix("==> Building the program failed after "), "\(lines)")
    }
}
