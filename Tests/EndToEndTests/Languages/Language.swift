import Foundation

/// A language other than Swift that Scripts/verifiers has a package for.
enum Language: String, CaseIterable, Sendable {
    case python = "Python"
    case node = "Node"

    /// The folder of the repository.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Debian's, whatever else is on the PATH.
    var interpreter: String {
        switch self {
        case .python: "/usr/bin/python3"
        case .node: "/usr/bin/node"
        }
    }

    /// The package.
    var package: URL { Self.root.appending(path: "Scripts/verifiers/" + rawValue.lowercased()) }

    /// The package's own tests, run in its folder.
    var tests: [String] {
        switch self {
        case .python: [interpreter, "-m", "unittest", "--verbose"]
        case .node: [interpreter, "--test"]
        }
    }

    /// The program of Tests that puts a verifier behind HTTP.
    var service: String {
        switch self {
        case .python: "verifier_service.py"
        case .node: "verifier_service.mjs"
        }
    }

    /// Where the programs of Tests in this language are.
    var programs: URL { Self.root.appending(path: "Tests/" + rawValue) }
}
