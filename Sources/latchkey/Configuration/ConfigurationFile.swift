import Foundation
import Yams

/// The content of a configuration file: each key with its line and its values, as YAML has them.
package struct ConfigurationFile: Sendable {
    /// One key of the file that has no keys below it.
    package struct Entry: Sendable, Equatable {
        package enum Content: Sendable, Equatable {
            /// Empty for a key without a value.
            case text(String)
            case list([String])
        }

        /// Dotted name.
        package let name: String
        /// Line in the file, from 1.
        package let line: Int
        package let content: Content
    }

    package let path: String
    /// In the order of the file; empty for a file of comments alone.
    package let entries: [Entry]

    package subscript(name: String) -> Entry? { entries.first { $0.name == name } }

    /// Reads the file.
    /// - Throws: ``ConfigurationError`` when it cannot be read, is not YAML or repeats a key.
    package init(path: String) throws(ConfigurationError) {
        let data: Data
        do {
            data = try FileTrouble.open(path).readToEnd() ?? Data()
        } catch let failure as CommandFailure {
            throw ConfigurationError("The configuration file cannot be used: \(failure) Check --config.")
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
    package init(path: String, yaml: String) throws(ConfigurationError) {
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
            throw ConfigurationError("The configuration file \(path) must contain `key: value` lines.")
        }
        entries = try Self.leaves(of: mapping, prefix: "", path: path)
        // A key may be nested in its groups or written with dots; YAML itself refuses only a repetition in the same
        // form.
        var lines: [String: Int] = [:]
        for entry in entries {
            if let line = lines.updateValue(entry.line, forKey: entry.name) {
                throw ConfigurationError(
                    "\(path), line \(entry.line): `\(entry.name)` is set in line \(line) already: set it only once.")
            }
        }
    }

    /// The values that an entry sets.
    /// - Throws: ``ConfigurationError`` for a list where one value is expected, and for a missing value: an empty key
    ///   that restricts something would be taken for no restriction.
    package func texts(of entry: Entry, for key: ConfigurationKey) throws(ConfigurationError) -> [String]? {
        switch entry.content {
        // `listen: a,b` is as clear as a list.
        case .text(let text):
            guard !text.isEmpty else {
                throw ConfigurationError(
                    "\(path), line \(entry.line): `\(key.name)` has no value: give it one, or leave the line out.")
            }
            return key.texts(in: text)
        case .list(let texts) where key.isList: return texts
        case .list:
            throw ConfigurationError(
                "\(path), line \(entry.line): `\(key.name)` must be \(key.accepted), not a list.")
        }
    }

    /// Refuses the first key that is not in the table, and names the nearest one that is.
    /// - Throws: ``ConfigurationError``.
    package func refuseUnknownKeys() throws(ConfigurationError) {
        let known = ConfigurationKey.all.map(\.name)
        for entry in entries where !known.contains(entry.name) {
            let group = known.filter { $0.hasPrefix(entry.name + ".") }
            var sentence = "\(path), line \(entry.line): unknown key `\(entry.name)`"
            if !group.isEmpty {
                sentence += "; it is a group with the keys \(group.joined(separator: ", "))"
            } else if let nearest = NearestName.of(entry.name, among: known) {
                sentence += "; did you mean `\(nearest)`?"
            }
            throw ConfigurationError(
                sentence.hasSuffix("?") ? sentence : sentence + ". `latchkey config print` lists all keys.")
        }
    }

    private static func leaves(
        of mapping: Node.Mapping, prefix: String, path: String
    ) throws(ConfigurationError) -> [Entry] {
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
            } else if let elements = value.sequence {
                var texts: [String] = []
                for element in elements {
                    guard element.null == nil, let text = element.scalar?.string, !text.isEmpty else {
                        throw ConfigurationError(
                            "\(path), line \(element.mark?.line ?? line): each item of `\(name)` must be a string.")
                    }
                    texts.append(text)
                }
                entries.append(Entry(name: name, line: line, content: .list(texts)))
            } else {
                let text = value.null == nil ? value.scalar?.string : nil
                entries.append(Entry(name: name, line: line, content: .text(text ?? "")))
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

/// Finds what a user probably meant to type.
package enum NearestName {
    /// The candidate with the fewest edits from `name`, or nil if even that one differs in more than a third.
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
