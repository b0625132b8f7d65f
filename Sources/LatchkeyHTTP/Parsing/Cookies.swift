package import HTTPTypes
import LatchkeyTokens

/// The cookies of a request, read strictly, by name and byte by byte: whatever one cookie holds, it does not affect
/// another.
package struct Cookies: Sendable {
    /// The result of looking up a name.
    package enum Lookup: Sendable, Equatable {
        case absent
        case value(String)
        /// Two cookies of one name: an attacker planted the second from a sibling host or a path, and we cannot tell
        /// which is ours. Treated like none.
        case ambiguous
    }

    private let pairs: [(name: Substring.UTF8View, value: Substring.UTF8View)]

    /// Splits all `Cookie` headers (HTTP/2 may send several) at semicolons.
    package init(_ fields: HTTPFields) {
        pairs = fields[values: .cookie].flatMap { line in
            line.utf8.split(separator: UInt8(ascii: ";")).compactMap { item in
                let item = item.drop { $0 == 0x20 || $0 == 0x09 }
                guard let equals = item.firstIndex(of: UInt8(ascii: "=")) else { return nil }
                return (item[..<equals], item[item.index(after: equals)...])
            }
        }
    }

    /// The cookie of exactly this name. A value with characters outside RFC 6265's `cookie-octet` counts as absent.
    package subscript(_ name: String) -> Lookup {
        let matches = pairs.filter { $0.name.elementsEqual(name.utf8) }
        guard let match = matches.first else { return .absent }
        guard matches.count == 1 else { return .ambiguous }
        return match.value.allSatisfy(Self.isCookieOctet) ? .value(String(Substring(match.value))) : .absent
    }

    private static func isCookieOctet(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x21, 0x23...0x2B, 0x2D...0x3A, 0x3C...0x5B, 0x5D...0x7E: true
        default: false
        }
    }
}
