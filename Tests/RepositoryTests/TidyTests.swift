import Foundation
import LatchkeyMigrations
import Testing

/// What a reader of the repository would trip over, as tests instead of a page of rules.
struct TidyTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// Paths of all Swift files below a folder, relative to the root.
    private static func swiftFiles(_ folder: String) throws -> [String] {
        let base = root.appendingPathComponent(folder)
        let paths = try #require(FileManager.default.subpaths(atPath: base.path))
        return paths.filter { $0.hasSuffix(".swift") }.map { folder + "/" + $0 }.sorted()
    }

    @Test func `a file beyond 600 lines says why in its first comment`() throws {
        for path in try Self.swiftFiles("Sources") + Self.swiftFiles("Tests") {
            let text = try Self.text(path)
            guard text.split(separator: "\n", omittingEmptySubsequences: false).count > 600 else { continue }
            let first = text.split(separator: "\n").prefix { $0.hasPrefix("//") }.joined().lowercased()
            #expect(first.contains("long") || first.contains("lines") || first.contains("one literal"), "\(path)")
        }
    }

    @Test(arguments: ["TO" + "DO", "FIX" + "ME", "XX" + "X", "try" + "!", "fatal" + "Error("])
    func `nothing is left open in the sources`(word: String) throws {
        for path in try Self.swiftFiles("Sources") where !path.hasSuffix("PasswordBlocklist+common.swift") {
            #expect(!(try Self.text(path)).contains(word), "\(path)")
        }
    }

    @Test func `libraries print nothing`() throws {
        let print = /(^|[^A-Za-z.])(print|debugPrint|dump)\(/
        for path in try Self.swiftFiles("Sources")
        where !path.hasPrefix("Sources/latchkey/") && !path.hasPrefix("Sources/LatchkeyBench/") {
            #expect(try Self.text(path).firstMatch(of: print) == nil, "\(path)")
        }
    }

    @Test func `the HTTP layer knows no store`() throws {
        let store = /\.store\b[^(]|\.store\?|any Store\b|: Store\b/
        for path in try Self.swiftFiles("Sources/LatchkeyHTTP") {
            #expect(try Self.text(path).firstMatch(of: store) == nil, "\(path)")
        }
    }

    @Test func `every target has a line in the README's code map`() throws {
        let readme = try Self.text("README.md")
        for folder in try FileManager.default.contentsOfDirectory(
            atPath: Self.root.appendingPathComponent("Sources").path)
        {
            #expect(readme.contains("`Sources/\(folder)`"), "\(folder)")
        }
    }

    @Test func `every migration on disk is in the index, in order, and none is missing`() throws {
        let folder = Self.root.appendingPathComponent("Migrations/sqlite").path
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".sql") }.sorted()
        #expect(!files.isEmpty)
        #expect(Migrations.sqlite.map(\.fileName) == files)
    }

    @Test func `no secret, database or build product is in the tree`() throws {
        let paths = try #require(FileManager.default.subpaths(atPath: Self.root.path))
        let suspicious = paths.filter { path in
            !path.hasPrefix(".") && !path.contains("/.") && !path.hasPrefix("data/") && !path.hasPrefix("nodes/")
                && [".sqlite", ".sqlite-wal", "master.key", ".db", "Package.resolved"].contains { path.hasSuffix($0) }
        }
        #expect(suspicious.filter { $0 != "Package.resolved" }.isEmpty)
    }

    @Test(arguments: [
        ("Scripts/verifiers/python/latchkey_verifier/verifier.py", 450),
        ("Scripts/verifiers/python/latchkey_verifier/rule.py", 450),
        ("Scripts/verifiers/node/verifier.js", 500), ("Scripts/verifiers/node/rule.js", 600),
        ("Scripts/verifiers/node/json.js", 260),
    ])
    func `a verifier in another language stays short enough to be read`(path: String, most: Int) throws {
        let lines = try Self.text(path).split(separator: "\n", omittingEmptySubsequences: false).count
        #expect(lines <= most)
    }
}
