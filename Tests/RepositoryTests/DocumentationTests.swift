import ArgumentParser
import Foundation
import Testing

@testable import latchkey

/// What README and pages name exists: links, anchors, paths, commands and their options.
struct DocumentationTests {
    private static let root = "Sources/LatchkeyCore/Documentation.docc/LatchkeyCore.md"

    /// What is wrong with a page's links.
    private static func brokenLinks(_ page: MarkdownPage, in files: RepositoryFiles) throws -> [String] {
        // Xcode alone understands these.
        var broken = page.prose.matches(of: /<doc:[^>]*>/).map { String($0.output) }
        for link in page.links {
            guard let destination = page.destination(of: link) else { continue }
            let isThere = files.paths.contains(destination.path)
            let target = isThere && destination.anchor != nil ? try anchors(destination.path, page, files) : []
            if !isThere || !(destination.anchor.map(target.contains) ?? true) { broken.append(link) }
        }
        return broken
    }

    private static func anchors(
        _ path: String, _ page: MarkdownPage, _ files: RepositoryFiles
    ) throws -> Set<String> {
        path == page.path ? page.anchors : try files.page(path).anchors
    }

    /// Paths that a page names and that are not there: those below a folder of the repository, wherever they stand, and
    /// names of files between back ticks.
    private static func brokenPaths(_ page: MarkdownPage, in files: RepositoryFiles) -> [String] {
        let below = /(?:\b(?:Sources|Tests|Scripts|Config|Migrations)|\.ci|\.github)\/[A-Za-z0-9_+.\/\-]*[A-Za-z0-9]/
        // A name alone may be one that the reader is to give to a file.
        let fileName =
            /(?:[A-Za-z0-9_.+*\-]+\/)+[A-Za-z0-9_.+*\-]+\.(?:py|m?js|json|sql|conf|yaml|toml)|[A-Za-z0-9_+\/\-]+\.(?:swift|md)/
        let named = page.textWithoutTargets.matches(of: below).map { String($0.output) }
        return named.filter { !files.paths.contains($0) }
            + page.codeSpans.filter { $0.wholeMatch(of: fileName) != nil && !files.has($0) }
    }

    /// Commands that a page quotes and that the program does not have, or not with these options.
    private static func brokenCommands(_ page: MarkdownPage) -> [String] {
        let call = /(?:^|[\s|(;&"])latchkey ([a-z][^|;&)\n]*)/
        let quoted = page.codeSpans.filter { $0.hasPrefix("latchkey ") } + page.shellLines
        return quoted.flatMap { $0.matches(of: call).map { String($0.output.1) } }
            .compactMap { line in problem(with: line).map { "latchkey \(line): \($0)" } }
    }

    private static func problem(with line: String) -> String? {
        // `sudo -u latchkey latchkey …` names the user first.
        var words = line.split(whereSeparator: \.isWhitespace).drop { $0 == "latchkey" }
        guard words.first != "help" else { return nil }
        var command: any ParsableCommand.Type = Latchkey.self
        while let next = subcommands(of: command).first(where: {
            $0.configuration.commandName == words.first.map(String.init) ?? ""
        }) {
            command = next
            words = words.dropFirst()
        }
        if !subcommands(of: command).isEmpty, command.configuration.defaultSubcommand == nil, let word = words.first {
            return "there is no command \(word)"
        }
        let help = Latchkey.helpMessage(for: command, includeHidden: true, columns: 1000)
        let options = Set(help.matches(of: /--[a-z\-]+/).map { String($0.output) })
        let unknown = words.compactMap { $0.prefixMatch(of: /--[a-z\-]+/).map { String($0.output) } }
            .first { !options.contains($0) }
        return unknown.map { "there is no option \($0)" }
    }

    private static func subcommands(of command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        command.configuration.subcommands
    }

    /// The pages of the documentation that another page does not lead to.
    private static func unlinked(from page: MarkdownPage, in files: RepositoryFiles) -> [String] {
        let linked = Set(page.links.compactMap { page.destination(of: $0)?.path })
        return files.documentation.filter { $0 != page.path && !linked.contains($0) }
    }

    @Test func `every link leads to a file and a heading that exist`() throws {
        let files = try RepositoryFiles()
        for page in try files.pages() {
            #expect(try Self.brokenLinks(page, in: files) == [], "\(page.path)")
        }
    }

    @Test func `every path that a page names exists`() throws {
        let files = try RepositoryFiles()
        for page in try files.pages() {
            #expect(Self.brokenPaths(page, in: files) == [], "\(page.path)")
        }
    }

    @Test func `every command that a page quotes exists, with its options`() throws {
        for page in try RepositoryFiles().pages() {
            #expect(Self.brokenCommands(page) == [], "\(page.path)")
        }
    }

    @Test(arguments: ["README.md", root])
    func `every page of the documentation is linked`(from path: String) throws {
        let files = try RepositoryFiles()
        #expect(files.documentation.count > 20)
        #expect(try Self.unlinked(from: files.page(path), in: files) == [])
    }

    @Test func `README stays short enough for five minutes`() throws {
        let lines = try RepositoryFiles().text("README.md").split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 220)
    }

    @Test(arguments: ["whoever", "anew", "of before", "nobody"])
    func `pages are in plain English`(phrase: String) throws {
        for page in try RepositoryFiles().pages() {
            let words = " " + page.prose.lowercased().replacing(/[^a-z]+/, with: " ") + " "
            let isThere = words.contains(" \(phrase) ")
            #expect(!isThere, "\(page.path)")
        }
    }

    @Test func `sources cite no page that is not in the repository`() throws {
        let files = try RepositoryFiles()
        let pages = Set(files.paths.filter { $0.hasSuffix(".md") }.compactMap { $0.split(separator: "/").last })
        let sources = files.paths.filter { $0.hasPrefix("Sources/") || $0.hasPrefix("Tests/") }
        for path in sources.sorted() where path.hasSuffix(".swift") && !path.hasPrefix("Tests/RepositoryTests/") {
            let cited = try files.text(path).matches(of: /\b([A-Za-z]+\.md)\b|\b(DESIGN|SIGNIN|STANDARDS)\b/)
            for citation in cited {
                let isThere = citation.output.1.map { pages.contains($0) } ?? false
                #expect(isThere, "\(path): \(citation.output.0)")
            }
        }
    }

    // MARK: - The tests above find what is broken

    private static let few = RepositoryFiles(paths: [
        "README.md", "Config/a.yaml", "Sources/a.swift", "Tests/Vectors", "Tests/Vectors/jws/keys.json", root,
        "Sources/LatchkeyCore/Documentation.docc/Other.md",
    ])

    @Test(arguments: [
        ("[a](Config/a.yaml)", true), ("[a](Config/b.yaml)", false), ("[a](../Config/a.yaml)", false),
        ("## One word\n\n[a](#one-word)", true), ("## One word\n\n[a](#two-words)", false),
        ("## A\n\n## A\n\n[a](#a-1)", true), ("[a](#)", false), ("[a](Config/a.yaml#one)", false),
        ("[a](https://example.com/b)", true), ("`[a](b)`", true), ("See <doc:Other>.", false),
        ("```\n[a](b)\n```", true),
    ])
    func `a link is judged`(text: String, isGood: Bool) throws {
        let broken = try Self.brokenLinks(MarkdownPage(path: "README.md", text: text), in: Self.few)
        #expect(broken.isEmpty == isGood, "\(broken)")
    }

    @Test(arguments: [
        ("`Sources/a.swift`", true), ("`Sources/b.swift`", false), ("`a.swift`", true), ("`b.swift`", false),
        ("`jws/keys.json`", true), ("`jws/*.json`", true), ("`jwt/keys.json`", false), ("`phc/*.json`", false),
        ("```sh\ncat Config/b.yaml\n```", false), ("in Tests/Vectors, say", true), ("`.ci/run`", false),
        ("`service.py`", true), ("`/etc/passwd.conf`", true), ("`Other.md`", true), ("`Another.md`", false),
    ])
    func `a path is judged`(text: String, isGood: Bool) {
        let broken = Self.brokenPaths(MarkdownPage(path: "README.md", text: text), in: Self.few)
        #expect(broken.isEmpty == isGood, "\(broken)")
    }

    @Test(arguments: [
        ("`latchkey user add ada --admin`", true), ("`latchkey user ad`", false), ("`latchkey users`", false),
        ("`latchkey user add ada --adm`", false), ("`latchkey consumers`", true),
        ("`latchkey consumers forget NAME`", true), ("`latchkey help user`", true),
        ("```sh\necho a | latchkey token decod\n```", false), ("```sh\nX=$(latchkey token decode) # why\n```", true),
        ("```sh\nlatchkey client add a \\\n  --publik\n```", false), ("```\nlatchkey nothing\n```", true),
        ("```sh\nsudo -u latchkey latchkey user lst\n```", false),
    ])
    func `a command is judged`(text: String, isGood: Bool) {
        let broken = Self.brokenCommands(MarkdownPage(path: "README.md", text: text))
        #expect(broken.isEmpty == isGood, "\(broken)")
    }

    @Test func `a page without a link to it is found`() {
        let page = MarkdownPage(path: Self.root, text: "[Another](Others.md)")
        #expect(Self.unlinked(from: page, in: Self.few) == ["Sources/LatchkeyCore/Documentation.docc/Other.md"])
        #expect(Self.unlinked(from: MarkdownPage(path: Self.root, text: "[O](Other.md)"), in: Self.few) == [])
    }
}
