import Foundation
import TestSupport
import Testing

/// A block of code of the documentation, which a test runs as a reader would.
enum DocumentedBlock {
    /// - Parameters:
    ///   - language: of the block; the page has one block of it that has the first of the words.
    ///   - words: what a reader replaces by something of their own.
    static func text(_ language: String, of page: String, _ words: [(String, String)]) throws -> String {
        let file = Language.root.appending(path: "Sources/LatchkeyCore/Documentation.docc/\(page)")
        let parts = try String(contentsOf: file, encoding: .utf8).components(separatedBy: "\n```")
        let first = try #require(words.first).0
        let blocks = parts.filter { $0.hasPrefix(language + "\n") && $0.contains(first) }
        try #require(blocks.count == 1, "\(blocks.count) blocks of \(page) have \(first)")
        var text = String(blocks[0].dropFirst(language.count + 1)) + "\n"
        for (word, value) in words {
            try #require(text.contains(word), "the block has no \(word)")
            text = text.replacing(word, with: value)
        }
        return text
    }
}
