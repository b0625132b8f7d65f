import Foundation

/// The files of the repository that belong to it, by their paths from its root.
struct RepositoryFiles {
    private let root: URL?
    /// Files and folders.
    let paths: Set<String>

    /// The repository that this file stands in.
    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        var paths: Set<String> = []
        let skipped: Set<String> = [".build", ".git", ".swiftpm", "data", "nodes"]
        for name in try FileManager.default.contentsOfDirectory(atPath: root.path) where !skipped.contains(name) {
            paths.insert(name)
            for path in FileManager.default.subpaths(atPath: root.appending(path: name).path) ?? []
            where !path.contains("node_modules") && !path.contains("__pycache__") {
                paths.insert(name + "/" + path)
            }
        }
        self.root = root
        self.paths = paths
    }

    /// A repository that has these paths and nothing in them.
    init(paths: Set<String>) {
        root = nil
        self.paths = paths
    }

    func text(_ path: String) throws -> String {
        guard let root else { return "" }
        return try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    func page(_ path: String) throws -> MarkdownPage { MarkdownPage(path: path, text: try text(path)) }

    /// All Markdown files, by path.
    func pages() throws -> [MarkdownPage] {
        try paths.filter { $0.hasSuffix(".md") }.sorted().map(page)
    }

    /// The pages of the documentation folders.
    var documentation: [String] {
        paths.filter { $0.contains("/Documentation.docc/") && $0.hasSuffix(".md") }.sorted()
    }

    /// Whether there is such a path, or one that ends so; `*` stands for a part of a name.
    func has(_ name: String) -> Bool {
        let name = name.hasSuffix("/") ? String(name.dropLast()) : name
        guard name.contains("*") else { return paths.contains { $0 == name || $0.hasSuffix("/" + name) } }
        let halves = name.split(separator: "*", maxSplits: 1, omittingEmptySubsequences: false)
        return paths.contains { path in
            path.hasSuffix(halves[1]) && (path.hasPrefix(halves[0]) || path.contains("/" + halves[0]))
        }
    }
}
