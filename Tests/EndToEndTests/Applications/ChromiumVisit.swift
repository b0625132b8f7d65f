import Foundation
import TestSupport
import Testing

/// A visit in headless Chromium, for pages that work with scripts alone: Tests/Python/applications/chromium_visit.py.
enum ChromiumVisit {
    /// Does the steps of a person with a fresh profile.
    static func make(_ steps: [[Any]], folder: TemporaryFolder) async throws -> (status: Int32, text: String) {
        let text = String(decoding: try JSONSerialization.data(withJSONObject: steps), as: UTF8.self)
        let output = folder.file("visit.txt")
        let program = Language.python.programs.appending(path: "applications/chromium_visit.py").path
        let child = try ChildProcess(
            [ApplicationPackages.python.program, program, folder.file("chromium"), text],
            environment: ["PYTHONDONTWRITEBYTECODE": "1", "HOME": folder.path], output: output, error: output)
        let status = try await child.exit()
        return (status, (try? String(contentsOfFile: output, encoding: .utf8)) ?? "")
    }
}
