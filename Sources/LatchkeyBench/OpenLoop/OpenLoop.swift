import Glibc

/// A load that does not wait for the server: requests are due at fixed times, and their latency counts from then, so
/// that a queue that grows shows as latency and not as a lower rate.
///
/// One thread drives all connections: it shares the processors with the server and has to be cheap. While no connection
/// of a lane is free its requests stay due.
struct OpenLoop {
    let port: UInt16
    /// Process whose processor time counts as the server's.
    let server: ServerFigures

    /// What one run gave.
    struct Outcome {
        /// By the kind that ``Errand/settle`` returned.
        var timelines: [String: Timeline] = [:]
        /// From when a request was due to its sending: this thread's own delay, and waits for a free connection.
        var lateness = Timeline()
        /// Whether this thread came before the server's; if not, latencies contain ``lateness``.
        var isUrgent = false
        let seconds: Double
        var serverCPUSeconds = 0.0
        var generatorCPUSeconds = 0.0

        subscript(kind: String) -> Timeline { timelines[kind] ?? Timeline() }

        /// - Throws: ``BenchFailure`` when one of the kinds was never answered: nothing can be said of it then.
        func require(_ kinds: [String]) throws {
            for kind in kinds where self[kind].count == 0 {
                throw BenchFailure("No \(kind) was answered. \(firstFailure ?? "")")
            }
        }

        /// Answers of all kinds.
        var count: Int { timelines.values.map(\.count).reduce(0, +) }
        var failures: Int { timelines.values.map(\.failures).reduce(0, +) }
        /// By kind: how many and the first.
        var firstFailure: String? {
            let texts = timelines.sorted { $0.key < $1.key }.compactMap { kind, timeline in
                timeline.firstFailure.map { "\(timeline.failures) of \(kind): \($0)" }
            }
            return texts.isEmpty ? nil : texts.joined(separator: "; ")
        }
    }

    /// How long answers may take that are still missing when the last request is sent.
    private static let drainSeconds = 10.0

    /// Sends for `seconds`, and returns when the last answer has come.
    func run(_ lanes: [Lane], seconds: Double) throws -> Outcome {
        var run = try Run(lanes, port: port, seconds: seconds)
        // With a machine of its own the generator would not wait for the server's threads either.
        run.outcome.isUrgent = Urgency.raise()
        defer { Urgency.lower() }
        let before = (server: try server.cpuSeconds(), generator: ServerFigures.ownCPUSeconds())
        try run.drive(drain: Self.drainSeconds)
        run.outcome.serverCPUSeconds = try server.cpuSeconds() - before.server
        run.outcome.generatorCPUSeconds = ServerFigures.ownCPUSeconds() - before.generator
        return run.outcome
    }
}

/// The state of one run.
private struct Run {
    private struct Track {
        let lane: Lane
        var idle: [PacedConnection]
        /// When the next request is due that has not been sent.
        var due: UInt64
    }

    /// Nanoseconds without a request after which a connection is looked at before it is used.
    private static let staleness: UInt64 = 1_000_000_000
    /// Nanoseconds until a lane without anything to send is asked again.
    private static let pause: UInt64 = 100_000

    private var tracks: [Track]
    /// Connections that wait for an answer, and the lane of each; same order as `polled`.
    private var busy: [(connection: PacedConnection, track: Int)] = []
    private var polled: [pollfd] = []
    private let start: UInt64
    private let end: UInt64
    var outcome: OpenLoop.Outcome

    init(_ lanes: [Lane], port: UInt16, seconds: Double) throws {
        let connections = try lanes.map { lane in
            try lane.sources.map { try PacedConnection(port: port, from: $0) }
        }
        outcome = OpenLoop.Outcome(seconds: seconds)
        let start = Stopwatch.now()
        self.start = start
        end = start + UInt64(seconds * 1e9)
        // Lanes of one pace do not all send in the same instant.
        tracks = zip(lanes, connections).enumerated().map { index, pair in
            Track(
                lane: pair.0, idle: pair.1,
                due: start + pair.0.interval * UInt64(index) / UInt64(max(1, lanes.count)))
        }
    }

    mutating func drive(drain: Double) throws {
        let limit = end + UInt64(drain * 1e9)
        var now = Stopwatch.now()
        // A due request that found no free connection is sent late and not forgotten: it waited longest of all.
        while now < end || !busy.isEmpty || tracks.contains(where: { $0.due < end }) {
            guard now < limit else { return giveUp("No answer within \(drain) seconds after the end.") }
            let wake = try sendWhatIsDue(now)
            try wait(until: min(wake, now < end ? end : limit))
            try takeAnswers()
            now = Stopwatch.now()
        }
    }

    private mutating func giveUp(_ reason: String) {
        for (connection, _) in busy { fail(connection, reason) }
        for track in tracks where track.due < end {
            let count = (end - track.due) / track.lane.interval + 1
            for _ in 0..<count { outcome.timelines["unsent", default: Timeline()].fail(reason) }
        }
    }

    /// - Returns: when the next request is due that can be sent.
    private mutating func sendWhatIsDue(_ now: UInt64) throws -> UInt64 {
        var wake = UInt64.max
        for index in tracks.indices {
            let interval = tracks[index].lane.interval
            while tracks[index].due <= now, tracks[index].due < end, let connection = tracks[index].idle.popLast() {
                guard let errand = tracks[index].lane.next() else {
                    tracks[index].idle.append(connection)
                    break
                }
                let due = tracks[index].due
                tracks[index].due += interval
                try start(errand, on: connection, track: index, due: due)
            }
            guard !tracks[index].idle.isEmpty, tracks[index].due < end else { continue }
            // Overdue requests could not be sent: look again soon.
            wake = min(wake, tracks[index].due > now ? tracks[index].due : now + Self.pause)
        }
        return wake
    }

    private mutating func start(_ errand: Errand, on connection: PacedConnection, track: Int, due: UInt64) throws {
        connection.errand = errand
        connection.due = due
        do {
            // The server closes connections that are idle for long.
            if due > connection.lastUse + Self.staleness, connection.isClosed { try connection.reconnect() }
            try connection.send(errand.request)
        } catch {
            fail(connection, "\(error)")
            try connection.reconnect()
            tracks[track].idle.append(connection)
            return
        }
        let sent = Stopwatch.now()
        outcome.lateness.add(due: seconds(due), latency: Stopwatch.seconds(from: due, to: sent))
        busy.append((connection, track))
        polled.append(pollfd(fd: connection.descriptor, events: Int16(POLLIN), revents: 0))
    }

    private mutating func wait(until instant: UInt64) throws {
        let now = Stopwatch.now()
        let left = instant > now ? instant - now : 0
        var time = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000))
        // Reads and fills the array, all of it; no signal mask.
        let count = unsafe polled.withUnsafeMutableBufferPointer { buffer in
            unsafe FinePoll.wait(buffer.baseAddress, nfds_t(buffer.count), &time, nil)
        }
        guard count >= 0 || errno == EINTR else { throw BenchFailure("Waiting for sockets failed: error \(errno).") }
    }

    private mutating func takeAnswers() throws {
        // From the end, so that the last one can take the place of one that is done.
        for index in busy.indices.reversed() where polled[index].revents != 0 {
            let (connection, track) = busy[index]
            do {
                guard let answer = try connection.receive() else { continue }
                try settle(answer, connection)
            } catch {
                fail(connection, "\(error)")
                try connection.reconnect()
            }
            connection.errand = nil
            connection.lastUse = Stopwatch.now()
            busy.swapAt(index, busy.count - 1)
            busy.removeLast()
            polled.swapAt(index, polled.count - 1)
            polled.removeLast()
            tracks[track].idle.append(connection)
        }
    }

    private mutating func settle(_ answer: Answer, _ connection: PacedConnection) throws {
        guard let errand = connection.errand else { return }
        let done = Stopwatch.now()
        do {
            let kind = try errand.settle(answer)
            outcome.timelines[kind, default: Timeline()].add(
                due: seconds(connection.due), latency: Stopwatch.seconds(from: connection.due, to: done))
        } catch {
            outcome.timelines[errand.kind, default: Timeline()].fail("\(error)")
        }
    }

    private mutating func fail(_ connection: PacedConnection, _ reason: String) {
        guard let errand = connection.errand else { return }
        outcome.timelines[errand.kind, default: Timeline()].fail(reason)
        errand.abandon()
    }

    private func seconds(_ instant: UInt64) -> Double { Stopwatch.seconds(from: start, to: instant) }
}
