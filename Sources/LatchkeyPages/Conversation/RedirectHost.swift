import LatchkeyTokens

/// Where an answer goes, as people can read it: the host of a web address, with its port; the scheme of an application.
enum RedirectHost {
    static func text(_ uri: String) -> String? {
        let bytes = uri.utf8
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let scheme = bytes[..<colon]
        let rest = bytes[bytes.index(after: colon)...]
        guard scheme.elementsEqual("https".utf8) || scheme.elementsEqual("http".utf8) else {
            return String(Substring(scheme))
        }
        let authority = rest.dropFirst(2).prefix { !"/?#".utf8.contains($0) }
        return String(Substring(authority))
    }
}
