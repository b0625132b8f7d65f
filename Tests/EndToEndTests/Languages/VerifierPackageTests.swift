import Foundation
import TestConditions
import TestSupport
import Testing

/// The packages of Scripts/verifiers, by their own tests: a package that passes over a vector would look as good as one
/// that passes it.
struct VerifierPackageTests {
    private struct VectorFile: Decodable {
        struct Case: Decodable { let name: String }
        let cases: [Case]?
    }

    /// How many vectors each file that concerns a verifier has.
    private static func vectors() throws -> [String: Int] {
        var counts: [String: Int] = [:]
        let folder = Language.root.appending(path: "Tests/Vectors")
        for part in ["jws", "revocation"] {
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: part).path) {
                guard name.hasSuffix(".json") else { continue }
                let path = "\(part)/\(name)"
                let file = try JSONDecoder().decode(
                    VectorFile.self, from: Data(contentsOf: folder.appending(path: path)))
                if let cases = file.cases { counts[path] = cases.count }
            }
        }
        return counts
    }

    @Test(arguments: Language.allCases)
    func `a package passes its own tests, which run every vector there is`(language: Language) async throws {
        let expected = try Self.vectors()
        #expect(expected.values.reduce(0, +) >= 900)
        let folder = try TemporaryFolder()
        let output = folder.file("tests.txt")
        // Both commands look for the package's files in the folder that they are run in.
        let command = language.tests.joined(separator: " ")
        let child = try ChildProcess(
            ["/bin/sh", "-c", "cd '\(language.package.path)' && exec \(command)"],
            environment: ["PYTHONDONTWRITEBYTECODE": "1"], output: output, error: output)
        let status = try await child.exit()
        let text = try String(contentsOfFile: output, encoding: .utf8)
        #expect(status == 0, "\(text)")
        var ran: [String: Int] = [:]
        for line in text.matches(of: /([a-z]+\/[a-z\-]+\.json): ([0-9]+) vectors, 0 differ/) {
            ran[String(line.output.1)] = Int(line.output.2)
        }
        #expect(ran == expected)
    }
}
