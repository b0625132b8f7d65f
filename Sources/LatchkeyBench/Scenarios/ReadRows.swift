/// What the server answers from memory, beside its emptiest answer.
struct ReadRows {
    let endpoint: Endpoint
    let server: ServerFigures

    private static let connections = 16
    private static let listPath = "/revocations"

    /// While the list is empty.
    func rows() throws -> [Row] {
        let connection = try HTTPConnection(endpoint)
        try connection.exchange(HTTPRequest.get(Self.listPath), expecting: 200)
        guard let tag = Self.field("etag", in: connection.head) else {
            throw BenchFailure("The revocation list has no ETag.")
        }
        return [
            row("healthz", "GET /healthz", HTTPRequest.get("/healthz")),
            row("jwks", "GET /.well-known/jwks.json", HTTPRequest.get("/.well-known/jwks.json")),
            row("list_empty", "GET /revocations, empty", HTTPRequest.get(Self.listPath)),
            row(
                "list_304", "GET /revocations, If-None-Match",
                HTTPRequest.get(Self.listPath, fields: ["If-None-Match: \(tag)"]), status: 304),
        ]
    }

    /// Once the list has `count` entries; the empty answer again beside them.
    func rows(entries count: Int) -> [Row] {
        let gzip = HTTPRequest.get(Self.listPath, fields: ["Accept-Encoding: gzip"])
        return [
            row("healthz_again", "GET /healthz, once more", HTTPRequest.get("/healthz")),
            row("list_\(count)", "GET /revocations, \(count) entries", HTTPRequest.get(Self.listPath)),
            row("list_\(count)_gzip", "GET /revocations, \(count) entries, gzip", gzip),
        ]
    }

    let ratios = [
        Ratio.of("jwks", to: "healthz", "JWKS / /healthz"),
        .of("list_empty", to: "healthz", "empty list / /healthz"),
        .of("list_304", to: "healthz", "304 / /healthz"),
    ]

    func ratios(entries count: Int) -> [Ratio] {
        [
            .of("list_\(count)", to: "healthz_again", "list of \(count) / /healthz"),
            .of("list_\(count)_gzip", to: "healthz_again", "list of \(count), gzip / /healthz"),
        ]
    }

    private func row(_ key: String, _ title: String, _ request: [UInt8], status: Int = 200) -> Row {
        Row(key: key, title: "\(title), \(Self.connections) connections") { seconds in
            let loop = ClosedLoop(endpoint: endpoint, server: server, seconds: seconds)
            return try loop.run(Array(repeating: request, count: Self.connections)) { connection, request in
                try connection.exchange(request, expecting: status)
            }.0
        }
    }

    private static func field(_ name: String, in head: String) -> String? {
        for line in head.split(separator: "\r\n") where line.lowercased().hasPrefix(name + ":") {
            return line.dropFirst(name.count + 1).trimmingPrefix(" ").description
        }
        return nil
    }
}
