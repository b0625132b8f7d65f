import Glibc

/// A load in which each connection sends its next request when the last one was answered.
///
/// Latency under such a load is what that many patient clients see; it says nothing of a queue that grows because more
/// arrives than can be served.
///
/// One thread drives all connections and sleeps while none has an answer: each microsecond of the load is one that the
/// server lacks, and a thread for each connection would add a thread switch to every request.
struct ClosedLoop {
    /// Where requests go, one after the other. A client has a connection to each, and asks them in turn.
    let endpoints: [Endpoint]
    /// Processes whose processor time counts as the server's.
    let servers: [ServerFigures]
    /// How long requests begin; requests under way are then awaited.
    let seconds: Double

    init(endpoint: Endpoint, server: ServerFigures, seconds: Double) {
        endpoints = [endpoint]
        servers = [server]
        self.seconds = seconds
    }

    /// Several nodes of one issuer: what one of them has just answered is presented to the next.
    init(nodes: [ServerUnderTest], seconds: Double) {
        endpoints = nodes.map(\.endpoint)
        servers = nodes.map(\.figures)
        self.seconds = seconds
    }

    /// Drives one request at a time for each client.
    /// - Returns: the figures, and the clients as they are afterwards.
    func run<Client: LoadClient>(_ clients: [Client]) throws -> (slice: Slice, clients: [Client]) {
        var places = try clients.enumerated().map { try LoadPlace(client: $1, endpoints: endpoints, turn: $0) }
        let before = (server: try cpuSeconds(), generator: ServerFigures.ownCPUSeconds())
        let start = Stopwatch.now()
        let end = Stopwatch.after(seconds)
        if places.count == 1 {
            places[0].drive(until: end)
        } else {
            try Multiplexer(end: end).drive(&places)
        }
        let finish = places.map(\.last).max() ?? start
        let latencies = places.flatMap(\.latencies).sorted()
        let failures = places.flatMap(\.failures)
        let slice = Slice(
            count: latencies.count, seconds: Stopwatch.seconds(from: start, to: finish), latencies: latencies,
            failures: failures.count, firstFailure: failures.first,
            serverCPUSeconds: try cpuSeconds() - before.server,
            generatorCPUSeconds: ServerFigures.ownCPUSeconds() - before.generator)
        return (slice, places.map(\.client))
    }

    private func cpuSeconds() throws -> Double { try servers.map { try $0.cpuSeconds() }.reduce(0, +) }
}

/// A client, its connections, and its results.
struct LoadPlace<Client: LoadClient> {
    private(set) var client: Client
    private let endpoints: [Endpoint]
    /// One for each endpoint.
    private var connections: [HTTPConnection]
    /// Which of them has the request under way.
    private var turn: Int
    /// Nanoseconds of each success.
    private(set) var latencies: [UInt64] = []
    private(set) var failures: [String] = []
    /// When the last success was there.
    private(set) var last: UInt64 = 0
    private var sentAt: UInt64 = 0

    /// A connection that fails so often gives up.
    private static var mostFailures: Int { 5 }

    /// - Parameter turn: a number of its own, so that not all places begin with the same endpoint.
    init(client: Client, endpoints: [Endpoint], turn: Int) throws {
        self.client = client
        self.endpoints = endpoints
        self.turn = turn % endpoints.count
        connections = try endpoints.map(HTTPConnection.init)
    }

    /// The one whose answer is awaited.
    var connection: HTTPConnection { connections[turn] }

    var hasGivenUp: Bool { failures.count >= Self.mostFailures }

    /// - Parameter now: from when on its latency counts.
    mutating func send(at now: UInt64) throws {
        sentAt = now
        turn = turn + 1 < connections.count ? turn + 1 : 0
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
    mutating func reconnect() throws { connections[turn] = try HTTPConnection(endpoints[turn]) }

    /// Alone on the thread: nothing is cheaper than to wait inside the read.
    mutating func drive(until end: UInt64) {
        var now = Stopwatch.now()
        while now < end, !hasGivenUp {
            do {
                try send(at: now)
                var done: UInt64?
                while done == nil { done = try receive() }
                now = done ?? now
            } catch {
                fail(error)
                do { try reconnect() } catch { return fail(error) }
                now = Stopwatch.now()
            }
        }
    }
}
