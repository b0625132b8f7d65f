import Foundation
import Yams

/// The keys that stand in a configuration file, with their lines: for refusing those that nobody reads.
package struct ConfigurationFile: Sendable {
    /// One key at a leaf of the file.
    package struct Entry: Sendable, Equatable {
        /// Dotted name.
        package let name: String
        /// Line in the file, from 1.
        package let line: Int
        /// The value as text; list elements joined by commas.
        package let text: String
    }

    package let path: String
    /// In the order of the file; empty for a file of comments alone.
    package let entries: [Entry]

    /// Reads the file.
    /// - Throws: ``ConfigurationError`` when it cannot be read, is no YAML or repeats a key.
    package init(path: String) throws {
        let data: Data
        do {
            data = try FileTrouble.open(path).readToEnd() ?? Data()
        } catch let failure as CommandFailure {
            throw ConfigurationError("The configuration file is of no use: \(failure) Check --config.")
        } catch {
            throw ConfigurationError("Cannot read the configuration file \(path): check --config.")
        }
        guard let yaml = String(data: data, encoding: .utf8) else {
            throw ConfigurationError("The configuration file \(path) is not UTF-8 text.")
        }
        try self.init(path: path, yaml: yaml)
    }

    /// Reads YAML text.
    /// - Throws: ``ConfigurationError``.
    package init(path: String, yaml: String) throws {
        self.path = path
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml)
        } catch {
            let reason = "\(error)".split(separator: "\n").first.map(String.init) ?? "not YAML"
            throw ConfigurationError("The configuration file \(path) cannot be parsed: \(reason)")
        }
        guard let root, root.null == nil else {
            entries = []
            return
        }
        guard let mapping = root.mapping else {
            throw ConfigurationError("The configuration file \(path) must consist of `key: value` lines.")
        }
        entries = try Self.leaves(of: mapping, prefix: "", path: path)
    }

    /// Refuses the first key that is not in the table, naming the nearest one that is.
    /// - Throws: ``ConfigurationError``.
    package func refuseUnknownKeys() throws {
        let known = ConfigurationKey.all.map(\.name)
        for entry in entries where !known.contains(entry.name) {
            let group = known.filter { $0.hasPrefix(entry.name + ".") }
            var sentence = "\(path), line \(entry.line): unknown key `\(entry.name)`"
            if !group.isEmpty {
                sentence += "; it is a group that holds \(group.joined(separator: ", "))"
            } else if let nearest = NearestName.of(entry.name, among: known) {
                sentence += "; did you mean `\(nearest)`?"
            }
            throw ConfigurationError(
                sentence.hasSuffix("?") ? sentence : sentence + ". `latchkey config print` lists all keys.")
        }
    }

    private static func leaves(of mapping: Node.Mapping, prefix: String, path: String) throws -> [Entry] {
        var entries: [Entry] = []
        for (key, value) in mapping {
            let line = key.mark?.line ?? 0
            guard let word = key.string else {
                throw ConfigurationError("\(path), line \(line): a key must be a word.")
            }
            let name = prefix + word
            if let inner = value.mapping {
                entries += try leaves(of: inner, prefix: name + ".", path: path)
            } else if value.null != nil, ConfigurationKey.all.contains(where: { $0.name.hasPrefix(name + ".") }) {
                // A group whose lines are all commented out.
                continue
            } else {
                let texts = value.sequence.map { $0.map { $0.scalar?.string ?? "" } }
                let text = texts?.joined(separator: ",") ?? value.scalar?.string ?? ""
                entries.append(Entry(name: name, line: line, text: text))
            }
        }
        return entries
    }
}

/// A configuration that cannot be used, in one sentence that names the key, the value and what is accepted.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Finds what somebody probably meant to type.
package enum NearestName {
    /// The candidate with the fewest edits from `name`, or nil when even that one differs in more than a third.
    package static func of(_ name: String, among candidates: [String]) -> String? {
        let scored = candidates.map { (candidate: $0, distance: distance(name, $0)) }
        guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
        return best.distance <= max(2, best.candidate.count / 3) ? best.candidate : nil
    }

    /// Insertions, deletions and replacements of single characters (Levenshtein). At most 128 characters count.
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.prefix(128))
        let right = Array(right.prefix(128))
        var previous = Array(0...right.count)
        for (row, a) in left.enumerated() {
            var current = [row + 1]
            for (column, b) in right.enumerated() {
                current.append(
                    min(previous[column] + (a == b ? 0 : 1), previous[column + 1] + 1, current[column] + 1))
            }
            previous = current
        }
        return previous[right.count]
    }
}
