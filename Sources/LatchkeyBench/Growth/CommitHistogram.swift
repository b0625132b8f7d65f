/// The server's own measurement of its commits: the histogram `latchkey_store_commit_seconds` of `/metrics`.
struct CommitHistogram: Sendable {
    private static let name = "latchkey_store_commit_seconds_bucket{le=\""
    /// Upper bound in seconds and the number of commits up to it, ascending.
    private let buckets: [(bound: Double, count: Double)]

    /// - Returns: nil when the server has no such metric.
    init?(at endpoint: Endpoint) throws {
        let connection = try HTTPConnection(endpoint)
        try connection.exchange(HTTPRequest.get("/metrics"), expecting: 200)
        let buckets = String(decoding: connection.body, as: UTF8.self).split(separator: "\n").compactMap {
            line -> (Double, Double)? in
            guard line.hasPrefix(Self.name) else { return nil }
            let parts = line.dropFirst(Self.name.count).split(separator: "\"} ")
            guard parts.count == 2, let count = Double(parts[1]) else { return nil }
            return (parts[0] == "+Inf" ? .infinity : Double(parts[0]) ?? .infinity, count)
        }
        guard !buckets.isEmpty else { return nil }
        self.init(buckets: buckets)
    }

    private init(buckets: [(Double, Double)]) { self.buckets = buckets.map { (bound: $0.0, count: $0.1) } }

    /// What was added since `earlier`, of the same server.
    func since(_ earlier: CommitHistogram) -> CommitHistogram {
        CommitHistogram(buckets: zip(buckets, earlier.buckets).map { ($0.bound, $0.count - $1.count) })
    }

    var commits: Double { buckets.last?.count ?? 0 }

    /// The upper bound in milliseconds of the bucket in which the quantile lies: the truth is not above it.
    func milliseconds(_ quantile: Double) -> Double? {
        buckets.first { $0.count >= commits * quantile }.map { $0.bound * 1000 }
    }
}
