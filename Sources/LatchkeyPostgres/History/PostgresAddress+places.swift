#if Postgres
    import LatchkeyCore

    /// One of several servers that an address names.
    struct PostgresPlaceName: Sendable {
        /// Keywords of libpq with their values.
        let options: [(String, String)]
    }

    extension PostgresAddress {
        /// The same address for somebody who looks at whichever server there is.
        var forLooks: PostgresAddress {
            var address = self
            address.looks = true
            return address
        }

        /// The same address, but only one of its servers.
        func at(_ place: PostgresPlaceName) -> PostgresAddress {
            var address = self
            address.place = place
            return address
        }

        /// Each server by itself; empty when there are not several.
        var places: [PostgresPlaceName] {
            let hosts = values(of: "host")
            let addresses = values(of: "hostaddr")
            let ports = values(of: "port")
            let count = max(hosts.count, addresses.count)
            guard count > 1 else { return [] }
            return (0..<count).map { place in
                var options: [(String, String)] = []
                if place < hosts.count { options.append(("host", hosts[place])) }
                if place < addresses.count { options.append(("hostaddr", addresses[place])) }
                if let port = ports.count == 1 ? ports[0] : place < ports.count ? ports[place] : nil {
                    options.append(("port", port))
                }
                return PostgresPlaceName(options: options)
            }
        }
    }
#endif
