package import HTTPTypes
import LatchkeyTokens

/// An `ETag` and its comparison with `If-None-Match` (RFC 9110 8.8.3 and 13.1.2).
package struct EntityTag: Sendable, Hashable, CustomStringConvertible {
    /// The characters between the quotes.
    package let opaque: String
    package let isWeak: Bool

    /// `opaque` is ours: visible ASCII without quotes.
    package init(_ opaque: String, isWeak: Bool) {
        self.opaque = opaque
        self.isWeak = isWeak
    }

    /// Names content of ours. It must differ from other versions of the same content, and need not resist forgery: a
    /// digest of 64 bits (FNV-1a).
    package init(ofContent bytes: [UInt8]) {
        let digest = bytes.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
        self.init(String(digest, radix: 16), isWeak: false)
    }

    /// The header's text.
    package var description: String { (isWeak ? "W/" : "") + "\"\(opaque)\"" }

    /// Whether a conditional request already has this representation: weak comparison, including `*`. A header that
    /// does not follow the grammar matches nothing.
    package func satisfies(ifNoneMatch fields: HTTPFields) -> Bool {
        let values = fields[values: .ifNoneMatch]
        guard !values.isEmpty else { return false }
        let text = values.joined(separator: ",")
        if text.utf8.withoutOuterSpace.elementsEqual("*".utf8) { return true }
        var rest = text.utf8[...]
        var found = false
        while true {
            rest = rest.drop { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }
            guard !rest.isEmpty else { return found }
            if rest.starts(with: "W/".utf8) { rest = rest.dropFirst(2) }
            guard rest.first == UInt8(ascii: "\"") else { return false }
            rest = rest.dropFirst()
            guard let end = rest.firstIndex(of: UInt8(ascii: "\"")) else { return false }
            if rest[..<end].elementsEqual(opaque.utf8) { found = true }
            rest = rest[rest.index(after: end)...]
        }
    }
}
