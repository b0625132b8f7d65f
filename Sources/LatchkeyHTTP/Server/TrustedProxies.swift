import HTTPTypes
import LatchkeyTokens

/// The reverse proxies whose statement about a client's address is trusted. Nothing else is: scheme and host of the
/// issuer come from the configuration, so `X-Forwarded-Proto` and `X-Forwarded-Host` are never read.
package struct TrustedProxies: Sendable, Equatable {
    /// An address block in CIDR notation, or a single address.
    struct Network: Sendable, Equatable {
        let address: ClientAddress
        let prefixLength: Int

        init?(_ text: String) {
            let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
            guard parts.count <= 2, let address = ClientAddress(String(Substring(parts[0]))) else { return nil }
            let bits = address.bytes.count * 8
            guard parts.count == 2 else {
                self.address = address
                prefixLength = bits
                return
            }
            guard
                parts[1].allSatisfy(\.isASCIIDigit),
                let length = Int(Substring(parts[1])), length <= bits
            else { return nil }
            self.address = address
            prefixLength = length
        }

        func contains(_ other: ClientAddress) -> Bool {
            guard other.bytes.count == address.bytes.count else { return false }
            return zip(address.bytes, other.bytes).enumerated().allSatisfy { index, pair in
                let bits = min(8, max(0, prefixLength - index * 8))
                let mask = UInt8(truncatingIfNeeded: 0xFF00 >> bits)
                return pair.0 & mask == pair.1 & mask
            }
        }
    }

    private let networks: [Network]

    /// Trusts no proxy.
    package init() { networks = [] }

    /// Parses a list like `10.0.0.0/8`, `::1`, `2001:db8::/32`.
    /// - Throws: ``InvalidNetwork`` for the first invalid entry.
    package init(_ texts: [String]) throws(InvalidNetwork) {
        var networks: [Network] = []
        for text in texts {
            guard let network = Network(text) else { throw InvalidNetwork(text: text) }
            networks.append(network)
        }
        self.networks = networks
    }

    /// An entry of `trusted_proxies` that is not an address block. The text is the operator's own.
    package struct InvalidNetwork: Error, Equatable, CustomStringConvertible {
        package let text: String

        package init(text: String) { self.text = text }

        package var description: String { "\(text) is not an IP address or CIDR block." }
    }

    /// Whether a hop is trusted.
    package func trusts(_ address: ClientAddress) -> Bool { networks.contains { $0.contains(address) } }

    /// The attribution of a request.
    struct Attribution: Sendable {
        /// The client that a trusted proxy names; nil where the peer itself counts.
        var client: ClientAddress?
        /// See ``RequestContext/unconfiguredProxy``.
        var unconfiguredProxy: ClientAddress?
    }

    /// Determines who a request is from. From a trusted peer, it is the right-most address of `X-Forwarded-For` or
    /// `Forwarded` that is not itself a trusted proxy; anything to the left of it could have been written by anyone. A
    /// hop that is not an address ends the search at the last known proxy. Lines of one header are joined: a proxy may
    /// add its own line. If both headers are present and disagree, the client sent one of them, so neither counts.
    func attribute(_ peer: ClientAddress?, fields: HTTPFields) -> Attribution {
        guard let peer, fields.contains(.xForwardedFor) || fields.contains(.forwarded) else { return Attribution() }
        let lists = [ForwardedHops.xForwardedFor(fields), ForwardedHops.forwarded(fields)].compactMap { $0 }
        guard !lists.isEmpty else { return Attribution() }
        guard trusts(peer) else {
            return Attribution(unconfiguredProxy: peer.isLoopback || peer.isPrivate ? peer : nil)
        }
        let clients = Set(lists.map { client(behind: peer, hops: $0) })
        return Attribution(client: clients.count == 1 ? clients.first : nil)
    }

    private func client(behind peer: ClientAddress, hops: [ClientAddress?]) -> ClientAddress {
        var last = peer
        for hop in hops.reversed() {
            guard let hop else { return last }
            if !trusts(hop) { return hop }
            last = hop
        }
        return last
    }
}

/// The addresses that forwarding headers name, left to right; nil for an element that is not an address.
enum ForwardedHops {
    /// More hops than this make no sense; the right-most ones are kept.
    private static let maxCount = 32

    /// Nil without the header.
    static func xForwardedFor(_ fields: HTTPFields) -> [ClientAddress?]? {
        let lines = fields[values: .xForwardedFor]
        guard !lines.isEmpty else { return nil }
        return FieldElements.split(lines, at: UInt8(ascii: ",")).suffix(maxCount).map(address)
    }

    /// RFC 7239; nil without the header. A quoted string names no address: a proxy may quote the client's own text
    /// there (`host`). An element with two `for` parameters counts as unknown.
    static func forwarded(_ fields: HTTPFields) -> [ClientAddress?]? {
        let lines = fields[values: .forwarded]
        guard !lines.isEmpty else { return nil }
        let elements = lines.flatMap { FieldElements.splitFromRight($0[...].utf8, at: UInt8(ascii: ",")) }
        return elements.suffix(maxCount).map { $0.flatMap(named) }
    }

    private static func named(_ element: Substring.UTF8View) -> ClientAddress? {
        let values = FieldElements.splitFromRight(element, at: UInt8(ascii: ";")).compactMap(\.self)
            .filter { $0.prefix(4).equalsIgnoringCase("for=") }.map { $0.dropFirst(4) }
        return values.count == 1 ? address(unquoted(values[0])) : nil
    }

    private static func unquoted(_ text: Substring.UTF8View) -> Substring.UTF8View {
        let quote = UInt8(ascii: "\"")
        return text.count >= 2 && text.first == quote && text.last == quote ? text.dropFirst().dropLast() : text
    }

    /// An address with or without port; an IPv6 address with a port is in brackets.
    private static func address(_ text: Substring.UTF8View) -> ClientAddress? {
        let colon = UInt8(ascii: ":")
        if text.first == UInt8(ascii: "[") {
            guard let end = text.firstIndex(of: UInt8(ascii: "]")), isPort(text[text.index(after: end)...]) else {
                return nil
            }
            return ClientAddress(String(Substring(text[..<end].dropFirst())))
        }
        if let first = text.firstIndex(of: colon), first == text.lastIndex(of: colon) {
            return isPort(text[first...]) ? ClientAddress(String(Substring(text[..<first]))) : nil
        }
        return ClientAddress(String(Substring(text)))
    }

    /// Nothing, or a colon and a port: digits, or a name that hides them (RFC 7239 6).
    private static func isPort(_ text: Substring.UTF8View) -> Bool {
        guard text.first == UInt8(ascii: ":") else { return text.isEmpty }
        let port = text.dropFirst()
        if port.first == UInt8(ascii: "_") { return port.count > 1 && port.allSatisfy(\.isTokenCharacter) }
        return (1...5).contains(port.count) && port.allSatisfy(\.isASCIIDigit)
    }
}

extension HTTPField.Name {
    // The names are valid tokens; the fallbacks only satisfy the failable initialiser.
    fileprivate static let xForwardedFor = HTTPField.Name("X-Forwarded-For") ?? .server
    fileprivate static let forwarded = HTTPField.Name("Forwarded") ?? .server
}
