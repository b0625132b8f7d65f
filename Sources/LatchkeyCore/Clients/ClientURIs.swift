import LatchkeyTokens

/// A redirect URI that a client may register; later compared byte by byte (RFC 9700 2.1), except for loopback ports.
enum RedirectURI {
    /// - Throws: `invalid_request` with the required form.
    static func check(_ uri: String, kind: Client.Kind) throws(Refusal) {
        guard uri.utf8.count <= 512, let parts = URIParts(uri) else {
            throw refused("A redirect URI is an absolute URI of at most 512 ASCII characters.")
        }
        guard !uri.contains("#") else { throw refused("A redirect URI has no fragment: remove it.") }
        guard !uri.contains("*") else { throw refused("A redirect URI has no wildcard: register each URI.") }
        switch parts.scheme {
        case "https":
            guard parts.host != nil else { throw refused("An https redirect URI names a host.") }
        case "http":
            guard parts.isLoopback else { throw refused("An http redirect URI is for loopback hosts only: use https.") }
        default:
            // RFC 8252 7.1: a reversed domain name under the control of the application's maker.
            guard kind == .public, parts.scheme.contains("."), parts.scheme == parts.scheme.lowercased() else {
                throw refused(
                    "A redirect URI is https, http on a loopback host, or for public clients "
                        + "a scheme like com.example.app.")
            }
        }
    }

    private static func refused(_ detail: String) -> Refusal { Refusal(.invalidRequest, detail) }
}

/// The page where a client's users sign in: one of the deployer's own.
enum LoginURI {
    /// - Throws: `invalid_request` with the required form.
    static func check(_ uri: String) throws(Refusal) {
        guard uri.utf8.count <= 512, let parts = URIParts(uri), parts.host != nil, !uri.contains("#"),
            parts.scheme == "https" || (parts.scheme == "http" && parts.isLoopback)
        else {
            throw Refusal(
                .invalidRequest,
                "A login URI is an https URL (or http on a loopback host) without fragment, at most 512 characters.")
        }
    }
}

/// An origin as browsers send it (RFC 6454 6.2): compared byte by byte, so only that spelling is accepted.
enum WebOrigin {
    /// - Throws: `invalid_request` with the required form.
    static func check(_ origin: String) throws(Refusal) {
        guard origin.utf8.count <= 300, let parts = URIParts(origin), parts.rest.isEmpty,
            let host = parts.host, origin == origin.lowercased()
        else {
            throw refused(
                "An origin has the form https://app.example.com or https://app.example.com:8443, "
                    + "in lower case, without path or trailing slash.")
        }
        switch parts.scheme {
        case "https":
            guard parts.port != 443 else { throw refused("An https origin is written without its port 443.") }
        case "http":
            guard parts.isLoopback else { throw refused("An http origin is for loopback hosts only: use https.") }
            guard parts.port != 80 else { throw refused("An http origin is written without its port 80.") }
        default: throw refused("An origin begins with https:// (or with http:// on a loopback host).")
        }
        guard !host.isEmpty else { throw refused("An origin names a host.") }
    }

    private static func refused(_ detail: String) -> Refusal { Refusal(.invalidRequest, detail) }
}

/// What `aud` may be.
enum AudienceForm {
    /// An absolute URI without fragment (RFC 8707 2) or a plain name, 1 to 256 characters.
    static func isValid(_ text: String) -> Bool {
        guard (1...256).contains(text.utf8.count) else { return false }
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard let parts = URIParts(text) else { return false }
            return !text.contains("#") && (parts.host != nil || !parts.rest.isEmpty)
        }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "._-".utf8.contains(byte)
            }
        }
    }
}

/// A URI parsed just far enough to check what clients register: `scheme:` and, after `//`, host and port.
///
/// Deliberately stricter than RFC 3986, with no rule for user names or escapes in the host: what is compared byte by
/// byte with what browsers send must have exactly one spelling.
struct URIParts: Equatable {
    let scheme: String
    /// As written; an IPv6 address with its brackets. `nil` when there is no `//`.
    let host: String?
    let port: Int?
    /// Everything after scheme and authority.
    let rest: String

    /// Nil unless `text` is an absolute URI of visible ASCII characters.
    init?(_ text: String) {
        guard text.utf8.allSatisfy(Self.isURICharacter), let colon = text.firstIndex(of: ":") else { return nil }
        let scheme = text[..<colon]
        guard let first = scheme.utf8.first, Self.isLetter(first),
            scheme.utf8.allSatisfy({ Self.isLetter($0) || Self.isDigit($0) || "+-.".utf8.contains($0) })
        else { return nil }
        self.scheme = String(scheme)
        let afterScheme = text[text.index(after: colon)...]
        guard afterScheme.hasPrefix("//") else {
            (host, port, rest) = (nil, nil, String(afterScheme))
            return
        }
        let afterSlashes = afterScheme.dropFirst(2)
        let end = afterSlashes.firstIndex(where: { "/?#".contains($0) }) ?? afterSlashes.endIndex
        guard let (host, port) = Self.authority(afterSlashes[..<end]) else { return nil }
        (self.host, self.port, rest) = (host, port, String(afterSlashes[end...]))
    }

    /// Whether the host is this machine: `localhost`, names under it, 127.0.0.0/8, `[::1]`.
    var isLoopback: Bool {
        guard let host else { return false }
        if host == "localhost" || host.hasSuffix(".localhost") || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func authority(_ text: Substring) -> (host: String, port: Int?)? {
        let hostEnd: Substring.Index
        if text.hasPrefix("[") {
            guard let bracket = text.firstIndex(of: "]") else { return nil }
            hostEnd = text.index(after: bracket)
            let address = text[text.index(after: text.startIndex)..<bracket]
            guard address.contains(":"), address.utf8.allSatisfy({ isHexDigit($0) || ":.".utf8.contains($0) }) else {
                return nil
            }
        } else {
            hostEnd = text.firstIndex(of: ":") ?? text.endIndex
            guard isName(text[..<hostEnd]) else { return nil }
        }
        let host = String(text[..<hostEnd])
        guard hostEnd < text.endIndex else { return (host, nil) }
        guard text[hostEnd] == ":", let port = DecimalField.value(text[text.index(after: hostEnd)...]),
            (1...65535).contains(port)
        else { return nil }
        return (host, port)
    }

    /// Labels of letters, digits and hyphens: a name or an IPv4 address.
    private static func isName(_ text: Substring) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return text.utf8.count <= 253
            && labels.allSatisfy { label in
                (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                    && label.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
            }
    }

    private static func isURICharacter(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && !"\"<>\\^`{|}".utf8.contains(byte)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) && byte < 0x80
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
}
