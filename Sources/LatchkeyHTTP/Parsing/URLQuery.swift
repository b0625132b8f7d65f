import LatchkeyBytes
import LatchkeyTokens

/// Parameters behind a URL.
package enum URLQuery {
    /// - Parameter url: without fragment; may have a query already.
    package static func appended(to url: String, _ parameters: [(String, String)]) -> String {
        let query = parameters.map { "\($0)=\(PercentEncoding.encode($1))" }.joined(separator: "&")
        guard let mark = url.utf8.firstIndex(of: UInt8(ascii: "?")) else { return "\(url)?\(query)" }
        let isOpen = url.utf8.index(after: mark) == url.utf8.endIndex || url.endsWithBytes(of: "&")
        let separator = isOpen ? "" : "&"
        return url + separator + query
    }
}
