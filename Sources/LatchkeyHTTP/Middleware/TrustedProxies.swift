import HTTPTypes

/// The reverse proxies whose word on a client's address is taken, and only that: scheme and host of the issuer come from
/// the configuration, so `X-Forwarded-Proto` and `X-Forwarded-Host` are never looked at.
package struct TrustedProxies: Sendable, Equatable {
    /// An address block in CIDR notation, or a single address.
    struct Network: Sendable, Equatable {
        let address: ClientAddress
        let prefixLength: Int

        init?(_ text: String) {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count <= 2, let address = ClientAddress(String(parts[0])) else { return nil }
            let bits = address.bytes.count * 8
            guard parts.count == 2 else {
                self.address = address
                prefixLength = bits
                return
            }
            guard
                parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let length = Int(parts[1]), length <= bits
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

    /// Trusts nobody.
    package init() { networks = [] }

    /// Parses a list like `10.0.0.0/8`, `::1`, `2001:db8::/32`.
    /// - Throws: ``InvalidNetwork`` for the first entry that is none.
    package init(_ texts: [String]) throws(InvalidNetwork) {
        var networks: [Network] = []
        for text in texts {
            guard let network = Network(text) else { throw InvalidNetwork(text: text) }
            networks.append(network)
        }
        self.networks = networks
    }

    /// An entry of `trusted_proxies` that is no address block. The text is the operator's own.
    package struct InvalidNetwork: Error, Equatable, CustomStringConvertible {
        package let text: String

        package init(text: String) { self.text = text }

        package var description: String { "\(text) is no IP address or CIDR block." }
    }

    /// Whether a hop's word counts.
    package func trusts(_ address: ClientAddress) -> Bool { networks.contains { $0.contains(address) } }

    /// Who a request is from.
    struct Attribution: Sendable {
        /// The client that a trusted proxy names; nil where the peer itself counts.
        var client: ClientAddress?
        /// See ``RequestContext/unconfiguredProxy``.
        var unconfiguredProxy: ClientAddress?
    }

    /// Finds out who a request is from. From a trusted peer, the right-most address of `X-Forwarded-For` or `Forwarded`
    /// that is not itself a trusted proxy; what stands left of it, anyone can have written. A hop that is no address ends
    /// the search at the last proxy known. When both headers are there and disagree, one of them passed through from the
    /// client, so neither counts.
    func attribute(_ peer: ClientAddress?, fields: HTTPFields) -> Attribution {
        guard let peer else { return Attribution() }
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

/// The addresses that forwarding headers name, left to right; nil where an element is no address.
enum ForwardedHops {
    /// More hops than this are nonsense; the right-most ones are kept.
    private static let maxCount = 32

    /// Nil without the header.
    static func xForwardedFor(_ fields: HTTPFields) -> [ClientAddress?]? {
        hops(fields[values: .xForwardedFor]) { address($0) }
    }

    /// RFC 7239; nil without the header.
    static func forwarded(_ fields: HTTPFields) -> [ClientAddress?]? {
        hops(fields[values: .forwarded]) { element in
            let pairs = element.split(separator: ";").map { $0.trimmed }
            guard let pair = pairs.first(where: { $0.lowercased().hasPrefix("for=") }) else { return nil }
            return address(String(pair.dropFirst(4).filter { $0 != "\"" }))
        }
    }

    private static func hops(_ values: [String], _ read: (String) -> ClientAddress?) -> [ClientAddress?]? {
        guard !values.isEmpty else { return nil }
        return values.joined(separator: ",").split(separator: ",").suffix(maxCount).map { read($0.trimmed) }
    }

    /// An address with or without port; IPv6 with a port stands in brackets.
    private static func address(_ text: String) -> ClientAddress? {
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            return ClientAddress(String(text[text.index(after: text.startIndex)..<end]))
        }
        if text.filter({ $0 == ":" }).count == 1 {
            return ClientAddress(String(text.prefix { $0 != ":" }))
        }
        return ClientAddress(text)
    }
}

extension HTTPField.Name {
    // The names are valid tokens; the fallbacks only satisfy the failable initialiser.
    fileprivate static let xForwardedFor = HTTPField.Name("X-Forwarded-For") ?? .server
    fileprivate static let forwarded = HTTPField.Name("Forwarded") ?? .server
}
