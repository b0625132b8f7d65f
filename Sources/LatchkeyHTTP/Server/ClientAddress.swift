import Glibc
package import NIOCore

/// The IP address that a request is attributed to. IPv4-mapped IPv6 (`::ffff:a.b.c.d`) is folded into IPv4, so that a
/// dual-stack socket gives one client one address.
package struct ClientAddress: Sendable, Hashable {
    /// Four bytes (IPv4) or sixteen (IPv6), network order.
    package let bytes: [UInt8]

    /// Nil unless there are 4 or 16 bytes.
    package init?(bytes: [UInt8]) {
        switch bytes.count {
        case 4:
            self.bytes = bytes
        case 16 where bytes.prefix(10).allSatisfy({ $0 == 0 }) && bytes[10] == 0xFF && bytes[11] == 0xFF:
            self.bytes = Array(bytes.suffix(4))
        case 16:
            self.bytes = bytes
        default:
            return nil
        }
    }

    /// Parses dotted IPv4 or IPv6 text without brackets, port or zone; nil for anything else.
    package init?(_ text: String) {
        guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
        let isIPv4 = !text.utf8.contains(UInt8(ascii: ":"))
        var bytes = [UInt8](repeating: 0, count: isIPv4 ? 4 : 16)
        // inet_pton writes 4 or 16 bytes, which the array has; `text` is a live, NUL-terminated copy for the call.
        guard unsafe inet_pton(isIPv4 ? AF_INET : AF_INET6, text, &bytes) == 1 else { return nil }
        self.init(bytes: bytes)
    }

    /// The IP address of a socket; nil for a Unix-domain socket.
    package init?(_ address: SocketAddress) {
        guard let text = address.ipAddress else { return nil }
        self.init(String(Substring(text.utf8.prefix { $0 != UInt8(ascii: "%") })))
    }

    /// Whether this is IPv4.
    package var isIPv4: Bool { bytes.count == 4 }

    /// 127.0.0.0/8 and ::1.
    package var isLoopback: Bool {
        isIPv4 ? bytes[0] == 127 : bytes.dropLast().allSatisfy { $0 == 0 } && bytes[15] == 1
    }

    /// Addresses that never come from the internet: RFC 1918, link-local, carrier-grade NAT, RFC 4193.
    package var isPrivate: Bool {
        guard isIPv4 else { return bytes[0] & 0xFE == 0xFC || (bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80) }
        switch (bytes[0], bytes[1]) {
        case (10, _), (192, 168), (169, 254): return true
        case (172, 16...31), (100, 64...127): return true
        default: return false
        }
    }

    /// The unit of throttling: the IPv4 address itself, or the IPv6 /64 that one customer usually owns.
    package var network: SourceNetwork {
        guard !isIPv4 else { return SourceNetwork(description: description) }
        let groups = (0..<4).map { String(UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]), radix: 16) }
        return SourceNetwork(description: groups.joined(separator: ":") + "::/64")
    }
}

/// The unit by which sources are counted and told apart: `192.0.2.7` or `2001:db8:0:1::/64`.
package struct SourceNetwork: Sendable, Hashable, CustomStringConvertible {
    package let description: String
}

extension ClientAddress: CustomStringConvertible {
    /// Dotted IPv4, or IPv6 in the form of RFC 5952.
    package var description: String {
        guard !isIPv4 else { return bytes.map { String($0) }.joined(separator: ".") }
        let groups = (0..<8).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
        var longest = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(1, longest.count) { longest = start..<end }
            start = max(end, start + 1)
        }
        let text = { (range: Range<Int>) in groups[range].map { String($0, radix: 16) }.joined(separator: ":") }
        return longest.isEmpty ? text(0..<8) : text(0..<longest.lowerBound) + "::" + text(longest.upperBound..<8)
    }
}
