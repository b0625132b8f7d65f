/// A path on the application's own host to which a browser may be sent after signing in. Everything that a browser
/// could take for another host is refused, so that a link that begins here cannot lead a user away.
package struct LocalPath: Sendable, Equatable, CustomStringConvertible {
    /// The longest one, in bytes.
    package static let maximumLength = 2048

    /// With query and fragment; visible ASCII.
    package let description: String

    /// Nil unless `text` begins with exactly one slash and has no backslash, control character or space.
    package init?(_ text: String) {
        let bytes = text.utf8
        guard (1...Self.maximumLength).contains(bytes.count), bytes.first == UInt8(ascii: "/"),
            bytes.dropFirst().first != UInt8(ascii: "/"),
            bytes.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\\") })
        else { return nil }
        description = text
    }

    private init(unchecked text: String) { description = text }

    /// The application's front page.
    package static let root = LocalPath(unchecked: "/")
}
