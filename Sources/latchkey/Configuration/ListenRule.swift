package import LatchkeyHTTP

/// Which addresses can be listened on together.
package enum ListenRule {
    /// Refuses no address at all, and two that are the same place: the system would give the second to nobody.
    /// - Throws: ``ConfigurationError``.
    package static func check(
        listen: [ListenAddress], adminListen: [ListenAddress]
    ) throws(ConfigurationError) {
        guard !listen.isEmpty else { throw ConfigurationError("`listen` must name at least one address.") }
        let named = listen.map { ("listen", $0) } + adminListen.map { ("admin.listen", $0) }
        for (index, (key, address)) in named.enumerated() {
            guard let (otherKey, other) = named[..<index].first(where: { overlap($0.1, address) }) else { continue }
            throw ConfigurationError(
                address == other && key == otherKey
                    ? "`\(key)` has \(address) twice: name each address once."
                    : "`\(key)` has \(address), which is taken by \(other) of `\(otherKey)`: choose another port.")
        }
    }

    /// Whether the system lets only one of them listen. Port 0 is a new port each time; a host name is compared as a text,
    /// since nobody knows yet what it will stand for.
    static func overlap(_ one: ListenAddress, _ other: ListenAddress) -> Bool {
        guard case .tcp(let host, let port) = one, case .tcp(let otherHost, let otherPort) = other else {
            return one == other
        }
        guard port == otherPort, port != 0 else { return false }
        guard let address = ClientAddress(host), let otherAddress = ClientAddress(otherHost) else {
            return host.lowercased() == otherHost.lowercased()
        }
        return address == otherAddress || address.covers(otherAddress) || otherAddress.covers(address)
    }
}

extension ClientAddress {
    /// Whether who listens here listens there too: `0.0.0.0` is every address of IPv4, `::` is every one of both kinds.
    fileprivate func covers(_ other: ClientAddress) -> Bool {
        bytes.allSatisfy { $0 == 0 } && (!isIPv4 || other.isIPv4)
    }
}
