import Glibc

/// A load in which each connection sends its next request when the last one was answered.
///
/// Latency under such a load is what that many patient clients see; it says nothing of a queue that grows because more
/// arrives than can be served.
///
/// One thread drives all connections and sleeps while none has an answer: each microsecond of the load is one that the
/// server lacks, and a thread for each connection would add a thread switch to every request.
struct ClosedLoop {
    let endpoint: Endpoint
    /// Process whose processor time counts as the server's.
    let server: ServerFigures
    /// How long requests begin; requests under way are then awaited.
    let seconds: Double

    /// Drives one connection for each client.
    /// - Returns: the figures, and the clients as they are afterwards.
    func run<Client: LoadClient>(_ clients: [Client]) throws -> (slice: Slice, clients: [Client]) {
        var places = try clients.map { LoadPlace(client: $0, connection: try HTTPConnection(endpoint)) }
        let before = (server: try server.cpuSeconds(), generator: ServerFigures.ownCPUSeconds())
        let start = Stopwatch.now()
        let end = Stopwatch.after(seconds)
        if places.count == 1 {
            places[0].drive(at: endpoint, until: end)
        } else {
            try Multiplexer(endpoint: endpoint, end: end).drive(&places)
        }
        let finish = places.map(\.last).max() ?? start
        let latencies = places.flatMap(\.latencies).sorted()
        let failures = places.flatMap(\.failures)
        let slice = Slice(
            count: latencies.count, seconds: Stopwatch.seconds(from: start, to: finish), latencies: latencies,
            failures: failures.count, firstFailure: failures.first,
            serverCPUSeconds: try server.cpuSeconds() - before.server,
            generatorCPUSeconds: ServerFigures.ownCPUSeconds() - before.generator)
        return (slice, places.map(\.client))
    }
}

/// A client, its connection, and its results.
struct LoadPlace<Client: LoadClient> {
    private(set) var client: Client
    private(set) var connection: HTTPConnection
    /// Nanoseconds of each success.
    private(set) var latencies: [UInt64] = []
    private(set) var failures: [String] = []
    /// When the last success was there.
    private(set) var last: UInt64 = 0
    private var sentAt: UInt64 = 0

    /// A connection that fails so often gives up.
    private static var mostFailures: Int { 5 }

    init(client: Client, connection: HTTPConnection) {
        self.client = client
        self.connection = connection
    }

    var hasGivenUp: Bool { failures.count >= Self.mostFailures }

    /// - Parameter now: from when on its latency counts.
    mutating func send(at now: UInt64) throws {
        sentAt = now
        try connection.send(client.request)
    }

    /// Reads once.
    /// - Returns: when the answer was whole, if it is.
    mutating func receive() throws -> UInt64? {
        guard let status = try connection.receive() else { return nil }
        try client.take(status: status, from: connection)
        let now = Stopwatch.now()
        latencies.append(now - sentAt)
        last = now
        return now
    }

    mutating func fail(_ reason: any Error) { failures.append("\(reason)") }

    /// A fresh connection, after a failure.
    mutating func reconnect(to endpoint: Endpoint) throws { connection = try HTTPConnection(endpoint) }

    /// Alone on the thread: nothing is cheaper than to wait inside the read.
    mutating func drive(at endpoint: Endpoint, until end: UInt64) {
        var now = Stopwatch.now()
        while now < end, !hasGivenUp {
            do {
                try send(at: now)
                var done: UInt64?
                while done == nil { done = try receive() }
                now = done ?? now
            } catch {
                fail(error)
                do { try reconnect(to: endpoint) } catch { return fail(error) }
                now = Stopwatch.now()
            }
        }
    }
}
