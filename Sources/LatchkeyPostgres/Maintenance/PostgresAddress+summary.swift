#if Postgres
    internal import CPostgres

    extension PostgresAddress {
        /// Where the database is, for people: `latchkey at db1.example.com, db2.example.com`. Nothing else of the URL, which
        /// may hold a password.
        package var summary: String {
            var found: [String: String] = [:]
            // The URL is a NUL-terminated copy for the call; what comes back is freed below.
            let options = unsafe PQconninfoParse(url, nil)
            defer { unsafe PQconninfoFree(options) }
            guard var option = unsafe options else { return "" }
            // The list ends with an option that has no keyword.
            while let keyword = unsafe option.pointee.keyword {
                if let value = unsafe option.pointee.val {
                    unsafe found[PostgresResult.text(keyword)] = PostgresResult.text(value)
                }
                unsafe option += 1
            }
            let list = { (text: String) in
                text.utf8.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map {
                    String(decoding: $0, as: UTF8.self)
                }
            }
            let hosts = list(found["host"] ?? found["hostaddr"] ?? "")
            let ports = list(found["port"] ?? "")
            let places = hosts.enumerated().map { index, host in
                let port = ports.count == 1 ? ports[0] : index < ports.count ? ports[index] : ""
                return port.isEmpty ? host : "\(host):\(port)"
            }
            let names = places.filter { !$0.isEmpty }.joined(separator: ", ")
            return (found["dbname"] ?? "the user's database") + " at " + (names.isEmpty ? "the local socket" : names)
        }
    }
#endif
