/// The escapes of URLs and forms (RFC 3986 2.1). Decoding never guesses: a `%` without two hexadecimal digits is an error,
/// not a literal.
package enum PercentEncoding {
    /// Which bytes are not escaped.
    package enum Plain: Sendable {
        /// Letters, digits and `-._~` (RFC 3986 2.3).
        case unreserved
        /// Only letters and digits, for readers to which even a full stop may mean something.
        case alphanumerics
    }

    /// Escapes every byte that must be escaped. Right in a path, in a query and in a form.
    package static func encode(_ text: String, plain: Plain = .unreserved) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                bytes.append(byte)
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                if plain == .alphanumerics { fallthrough }
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The decoded bytes; nil when an escape is malformed. With `plusIsSpace`, `+` is a space (form encoding).
    @inlinable
    package static func decode(_ encoded: some Collection<UInt8>, plusIsSpace: Bool) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(encoded.count)
        var iterator = encoded.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard
                    let high = iterator.next().flatMap(Hexadecimal.value(of:)),
                    let low = iterator.next().flatMap(Hexadecimal.value(of:))
                else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace:
                bytes.append(0x20)
            default:
                bytes.append(byte)
            }
        }
        return bytes
    }

    /// The decoded text; nil when an escape is malformed, the bytes are not UTF-8 or contain NUL.
    package static func text(_ encoded: some Collection<UInt8>, plusIsSpace: Bool) -> String? {
        text(Array(encoded)[...], plusIsSpace: plusIsSpace)
    }

    /// The same for the pieces of a form: if the type of its bytes is looked up for each of them, a token takes forty
    /// times as long.
    package static func text(_ encoded: ArraySlice<UInt8>, plusIsSpace: Bool) -> String? {
        // ASCII without escapes represents itself, and is UTF-8 without another check.
        if isPlain(encoded.span) { return String(decoding: encoded, as: UTF8.self) }
        guard let bytes = decode(encoded, plusIsSpace: plusIsSpace), !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func isPlain(_ text: Span<UInt8>) -> Bool {
        for index in text.indices {
            switch text[index] {
            case 0, UInt8(ascii: "%"), UInt8(ascii: "+"), 0x80...: return false
            default: break
            }
        }
        return true
    }
}
