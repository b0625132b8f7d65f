package import LatchkeyHTTP

/// Which addresses can be listened on together.
package enum ListenRule {
    /// Refuses an empty list, and two addresses at the same place: the system would refuse the second.
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

    /// Whether the system lets only one of them listen. Port 0 is a new port each time; a host name is compared as
    /// text, because its addresses are not known yet.
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
    /// Whether listening here includes listening there: `0.0.0.0` is every IPv4 address, `::` is every address of both
    /// kinds.
    fileprivate func covers(_ other: ClientAddress) -> Bool {
        bytes.allSatisfy { $0 == 0 } && (!isIPv4 || other.isIPv4)
    }
}
