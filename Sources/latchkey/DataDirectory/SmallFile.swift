import Foundation

/// Files of a few bytes or kilobytes, read whole.
package enum SmallFile {
    /// The bytes; `nil` when there is no such file, it cannot be read, or it is longer than `limit`.
    package static func bytes(_ path: String, limit: Int) -> [UInt8]? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        guard let data = try? file.read(upToCount: limit + 1), data.count <= limit else { return nil }
        return Array(data)
    }

    /// The text without surrounding white space.
    package static func text(_ path: String, limit: Int) -> String? {
        bytes(path, limit: limit).flatMap { String(bytes: $0, encoding: .utf8) }?
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
