import LatchkeyTokens

/// An address that a page may link to, post to or refresh to. There is no other value that a template takes for one.
package struct Link: Sendable, Hashable {
    package let text: String

    private init(unchecked text: String) { self.text = text }

    /// One of our own pages.
    /// - Parameter query: as it came or as we wrote it; anything but the characters of a query makes it none.
    package init(page path: String, query: String? = nil) {
        precondition(
            path.utf8.first == UInt8(ascii: "/") && !path.beginsWithBytes(of: "//")
                && path.utf8.allSatisfy(Self.isURICharacter),
            "\(path) is no path of ours")
        guard let query, !query.utf8.isEmpty, query.utf8.allSatisfy(Self.isURICharacter) else {
            text = path
            return
        }
        text = "\(path)?\(query)"
    }

    /// A place within the page, by the id of an element.
    init(element id: String) {
        precondition(
            id.utf8.allSatisfy { Self.isLetter($0) || $0.isASCIIDigit || $0 == UInt8(ascii: "-") },
            "\(id) is no id of ours")
        text = "#\(id)"
    }

    /// A web address: `http` or `https`, with a host. Nil for all others, as `javascript:` and `data:`.
    package init?(web text: String) {
        let bytes = text.utf8
        guard bytes.count <= Self.longest, bytes.allSatisfy(Self.isURICharacter), let end = Self.schemeEnd(bytes)
        else { return nil }
        let scheme = bytes[..<end]
        guard scheme.equalsIgnoringCase("https") || scheme.equalsIgnoringCase("http") else { return nil }
        let rest = bytes[end...].dropFirst()
        guard rest.starts(with: "//".utf8), let first = rest.dropFirst(2).first,
            !"/?#@:".utf8.contains(first)
        else { return nil }
        self.text = text
    }

    /// Where an answer goes: a web address, or an app's private scheme, which has a dot (RFC 8252 7.1).
    package init?(redirect text: String) {
        if let web = Link(web: text) {
            self = web
            return
        }
        let bytes = text.utf8
        guard bytes.count <= Self.longest, bytes.allSatisfy(Self.isURICharacter), let end = Self.schemeEnd(bytes),
            bytes[..<end].contains(UInt8(ascii: "."))
        else { return nil }
        self.text = text
    }

    /// Whether a program on the device gets it and no web site.
    package var isAppScheme: Bool { Self.schemeEnd(text.utf8) != nil && Link(web: text) == nil }

    /// Without fragment and user information there is nothing longer: a registered URI with our parameters.
    private static let longest = 16 * 1024

    private static func schemeEnd(_ bytes: String.UTF8View) -> String.Index? {
        guard let end = bytes.firstIndex(of: UInt8(ascii: ":")), let first = bytes.first, isLetter(first),
            bytes[..<end].allSatisfy({ isLetter($0) || $0.isASCIIDigit || "+-.".utf8.contains($0) })
        else { return nil }
        return end
    }

    /// The visible characters of ASCII without those that RFC 3986 keeps out.
    private static func isURICharacter(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !"\"<>\\^`{|}".utf8.contains(byte)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) && byte < 0x80
    }
}

/// A value that a form carries unseen, byte for byte.
package struct HiddenField: Sendable, Hashable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
