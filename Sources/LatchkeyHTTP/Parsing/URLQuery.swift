import LatchkeyTokens

/// Appends parameters to a URL.
package enum URLQuery {
    /// - Parameter url: without fragment; it may already have a query.
    package static func appended(to url: String, _ parameters: [(String, String)]) -> String {
        let query = parameters.map { "\($0)=\(encoded($1))" }.joined(separator: "&")
        guard let mark = url.utf8.firstIndex(of: UInt8(ascii: "?")) else { return "\(url)?\(query)" }
        let isOpen = url.utf8.index(after: mark) == url.utf8.endIndex || url.endsWithBytes(of: "&")
        let separator = isOpen ? "" : "&"
        return url + separator + query
    }

    /// Percent-encodes all but the unreserved characters of RFC 3986 2.3.
    package static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
