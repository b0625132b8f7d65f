#if Postgres
    internal import CPostgres
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
            let hosts = list("host")
            let addresses = list("hostaddr")
            let ports = list("port")
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

        /// The values of a keyword that takes several, with commas between them.
        private func list(_ keyword: String) -> [String] {
            // The URL is a NUL-terminated copy for the call; what comes back is freed below.
            let options = unsafe PQconninfoParse(url, nil)
            defer { unsafe PQconninfoFree(options) }
            guard var option = unsafe options else { return [] }
            // The list ends with an option that has no keyword.
            while let name = unsafe option.pointee.keyword {
                if unsafe PostgresResult.text(name).utf8.elementsEqual(keyword.utf8),
                    let value = unsafe option.pointee.val
                {
                    return unsafe PostgresResult.text(value).utf8
                        .split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
                        .map { String(decoding: $0, as: UTF8.self) }
                }
                unsafe option += 1
            }
            return []
        }
    }
#endif
