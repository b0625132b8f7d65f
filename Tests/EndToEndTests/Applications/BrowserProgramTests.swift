import Foundation
import TestSupport
import Testing

/// The browser of these tests, by its own tests: one that took everything would prove nothing of our pages.
struct BrowserProgramTests {
    @Test func `it does what a browser does and refuses what a browser refuses`() async throws {
        let output = try TemporaryFolder()
        let log = output.file("tests.txt")
        let child = try ChildProcess(
            [
                "/bin/sh", "-c",
                "cd '\(Language.python.programs.path)' && exec \(Language.python.interpreter) -m unittest test_browser",
            ], environment: ["PYTHONDONTWRITEBYTECODE": "1"], output: log, error: log)
        let status = try await child.exit()
        let text = try String(contentsOfFile: log, encoding: .utf8)
        #expect(status == 0 && text.contains("Ran 12 tests"), "\(text)")
    }
}
