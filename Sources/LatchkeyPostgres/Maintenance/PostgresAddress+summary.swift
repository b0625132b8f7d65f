#if Postgres
    extension PostgresAddress {
        /// Where the database is, for people: `latchkey at db1.example.com, db2.example.com`. Nothing else of the URL, which
        /// may hold a password.
        package var summary: String {
            guard let keywords else { return "" }
            let hosts = values(of: keywords["host"] == nil ? "hostaddr" : "host")
            let ports = values(of: "port")
            let places = hosts.enumerated().map { index, host in
                let port = ports.count == 1 ? ports[0] : index < ports.count ? ports[index] : ""
                return port.isEmpty ? host : "\(host):\(port)"
            }
            let names = places.filter { !$0.isEmpty }.joined(separator: ", ")
            return (keywords["dbname"] ?? "the user's database") + " at " + (names.isEmpty ? "the local socket" : names)
        }
    }
#endif
