import Foundation

/// A page of the repository, as far as tests read Markdown: its links, headings, code spans and shell commands.
struct MarkdownPage {
    /// From the root of the repository.
    let path: String
    /// Targets of `[text](target)`, as they stand there.
    let links: [String]
    /// What stands between back ticks in prose.
    let codeSpans: [String]
    /// What `#…` may name: GitHub's spelling of each heading.
    let anchors: Set<String>
    /// Lines of shell blocks, continued ones joined, without comments.
    let shellLines: [String]
    /// Everything without the targets of links.
    let textWithoutTargets: String
    /// Everything outside of code.
    let prose: String

    init(path: String, text: String) {
        self.path = path
        let (paragraphs, shell) = Self.parts(of: text)
        let span = /(`+)(.+?)\1/.dotMatchesNewlines()
        codeSpans = paragraphs.flatMap { $0.matches(of: span).map { String($0.output.2) } }
        prose = paragraphs.map { $0.replacing(span, with: "") }.joined(separator: "\n\n")
        links = prose.matches(of: /\]\(([^()\s]+)\)/).map { String($0.output.1) }
        anchors = Self.anchors(of: paragraphs)
        textWithoutTargets = text.replacing(/\]\([^()\s]+\)/, with: "]")
        shellLines = shell.replacing("\\\n", with: " ").split(separator: "\n").map(String.init)
            .filter { !$0.hasPrefix("#") }
    }

    /// Paragraphs outside of fences, and the text of the shell blocks.
    private static func parts(of text: String) -> (paragraphs: [String], shell: String) {
        var paragraphs: [[Substring]] = [[]]
        var shell: [Substring] = []
        var fence: Substring?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("```") {
                fence = fence == nil ? line.dropFirst(3) : nil
            } else if let fence {
                if fence == "sh" { shell.append(line) }
            } else if line.isEmpty || line.hasPrefix("#") || line.hasPrefix("|") {
                paragraphs.append([line])
            } else {
                paragraphs[paragraphs.count - 1].append(line)
            }
        }
        return (paragraphs.map { $0.joined(separator: "\n") }, shell.joined(separator: "\n"))
    }

    /// Headings in lower case, without marks, with hyphens for spaces; a second one of the same name gets a number.
    private static func anchors(of paragraphs: [String]) -> Set<String> {
        var anchors: Set<String> = []
        for heading in paragraphs where heading.hasPrefix("#") {
            let title = heading.prefix { $0 != "\n" }.drop { $0 == "#" || $0 == " " }.lowercased()
            let kept = title.filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
            let name = kept.replacing(" ", with: "-")
            var anchor = name
            var number = 1
            while !anchors.insert(anchor).inserted {
                anchor = "\(name)-\(number)"
                number += 1
            }
        }
        return anchors
    }

    /// What a relative link leads to, from the root of the repository; nil for one that leads elsewhere.
    func destination(of link: String) -> (path: String, anchor: String?)? {
        guard link.firstMatch(of: /^[a-z]+:/) == nil else { return nil }
        let halves = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let anchor = halves.count == 2 ? String(halves[1]) : nil
        guard !halves[0].isEmpty else { return (path, anchor) }
        var parts = path.split(separator: "/").dropLast()
        for part in halves[0].split(separator: "/") where part != "." {
            if part != ".." {
                parts.append(part)
            } else if parts.popLast() == nil {
                return ("(outside of the repository)", anchor)
            }
        }
        return (parts.joined(separator: "/"), anchor)
    }
}
