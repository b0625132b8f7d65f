package import LatchkeyTokens

/// The origins of all clients that are not disabled: used where no client is known yet.
package struct RegisteredOrigins: Sendable {
    /// An origin, and a client that registered it.
    package struct Registration: Sendable, Equatable {
        package let origin: String
        package let client: ClientID

        package init(origin: String, client: ClientID) {
            self.origin = origin
            self.client = client
        }
    }

    /// How many origins are compared to find the nearest.
    private static let mostCompared = 1000

    /// By bytes, as origins are compared.
    private var clients: [[UInt8]: ClientID] = [:]

    package init() {}

    package init(_ clients: some Sequence<Client>) {
        for client in clients where !client.disabled {
            for origin in client.origins {
                // Of several clients the first by name, so that the hint is always the same.
                let key = Array(origin.utf8)
                self.clients[key] = self.clients[key].map { min($0, client.id) } ?? client.id
            }
        }
    }

    /// Whether text has the form in which browsers write the origin of a page: scheme, host and port in lower case, or
    /// `null`.
    package static func hasForm(_ text: String) -> Bool {
        if text.equalsBytes(of: "null") { return true }
        guard let parts = URIParts(text), parts.host != nil, parts.rest.isEmpty else { return false }
        return ["http", "https"].contains(parts.scheme) && text.utf8.allSatisfy { $0 == $0.asciiLowercased }
    }

    /// Whether a client has exactly this origin.
    package func contains(_ origin: String) -> Bool { clients[Array(origin.utf8)] != nil }

    /// The registered origin that an unregistered one most likely means: the same host with another scheme or port,
    /// another name of this machine, the host with or without `www.`, a host of the same domain. Nil when none is near.
    package func nearest(to origin: String) -> Registration? {
        guard let wanted = URIParts(origin) else { return nil }
        let near = clients.prefix(Self.mostCompared).compactMap { key, client -> (Int, Registration)? in
            let text = String(decoding: key, as: UTF8.self)
            guard let parts = URIParts(text), let distance = Self.distance(wanted, parts) else { return nil }
            return (distance, Registration(origin: text, client: client))
        }
        return near.min { ($0.0, $0.1.origin) < ($1.0, $1.1.origin) }?.1
    }

    private static func distance(_ left: URIParts, _ right: URIParts) -> Int? {
        guard let one = left.host, let other = right.host else { return nil }
        let host: Int
        if one == other {
            host = 0
        } else if left.isLoopback, right.isLoopback {
            host = 1
        } else if "www." + one == other || one == "www." + other {
            host = 2
        } else if domain(of: one).map({ $0 == domain(of: other) }) ?? false {
            host = 3
        } else {
            return nil
        }
        return 4 * host + (left.scheme == right.scheme ? 0 : 1) + (left.port == right.port ? 0 : 1)
    }

    /// The last two labels: only nearly a site, which is enough for a hint. Nil for addresses and `localhost`.
    private static func domain(of host: String) -> [Substring]? {
        let labels = host.split(separator: ".")
        guard labels.count >= 2, labels.last.flatMap({ Int($0) }) == nil else { return nil }
        return labels.suffix(2)
    }
}
