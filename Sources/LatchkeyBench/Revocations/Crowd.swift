import Foundation
import LatchkeyTokens
import LatchkeyVerifier
import Synchronization
import Waiting

/// Many services that long-poll while very many revocations come in a burst: how long until each has all of them.
struct Crowd {
    let options: BenchOptions
    let folder: String

    struct Figures: SectionFigures, Codable {
        let verifiers: Int
        let revocations: Int
        let revocationsPerSecond: Double
        /// From the last revocation's own answer until a verifier has all, milliseconds.
        let p50Milliseconds: Double
        let p99Milliseconds: Double
        let maximumMilliseconds: Double
        /// Verifiers that ended with another number of entries than were revoked.
        let incomplete: Int
        let serverCPUSeconds: Double

        var lines: [String] {
            [
                "", "\(verifiers) verifiers by long poll during a burst of \(revocations) revocations",
                String(
                    format: "  %.0f durable revocations a second meanwhile; server took %.1f s of processor time",
                    revocationsPerSecond, serverCPUSeconds),
                String(
                    format: "  all entries there after the last answer: p50 %.0f ms, p99 %.0f ms, max %.0f ms",
                    p50Milliseconds, p99Milliseconds, maximumMilliseconds)
                    + (incomplete == 0 ? ", no gap" : ", \(incomplete) verifiers INCOMPLETE"),
            ]
        }
    }

    /// Connections that revoke.
    private static let writers = 16
    private static let patience: Duration = .seconds(120)

    func measure() throws -> Figures {
        Console.note("\(options.plan.crowd) verifiers and a burst of \(options.plan.burst) revocations")
        let place = folder + "/crowd"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        let server = try ServerUnderTest(
            binary: options.server, folder: place,
            configuration: ["LATCHKEY_REVOCATIONS_MAX_WAITERS_PER_ADDRESS": "1000"])
        defer { server.stop() }
        let before = try server.figures.cpuSeconds()
        let (issuer, admin) = (server.issuer, server.admin)
        let (rate, latencies, incomplete) = try Blocking.run { try await self.burst(issuer, admin) }
        let sorted = latencies.sorted()
        let rank = { (quantile: Double) in sorted[min(Int(Double(sorted.count) * quantile), sorted.count - 1)] }
        return Figures(
            verifiers: sorted.count, revocations: options.plan.burst, revocationsPerSecond: rate,
            p50Milliseconds: rank(0.5), p99Milliseconds: rank(0.99), maximumMilliseconds: rank(1),
            incomplete: incomplete, serverCPUSeconds: try server.figures.cpuSeconds() - before)
    }

    private func burst(
        _ issuer: String, _ admin: Endpoint
    ) async throws -> (perSecond: Double, milliseconds: [Double], incomplete: Int) {
        let total = Int64(options.plan.burst)
        let services = (0..<options.plan.crowd).map { number in
            var configuration = TokenVerifier.Configuration(issuer: issuer, audience: issuer)
            configuration.consumer = "service-\(number)"
            return TokenVerifier(configuration)
        }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for service in services { group.addTask { await service.run() } }
            defer { group.cancelAll() }
            for service in services {
                guard await service.waitUntilReady(for: Self.patience) else {
                    throw BenchFailure("A verifier did not become ready.")
                }
            }
            let watchers = services.map { service in
                Task {
                    for await status in service.updates() where status.sequence ?? 0 >= total { break }
                    return Stopwatch.now()
                }
            }
            let timer = Task {
                try await Task.sleep(for: Self.patience)
                for watcher in watchers { watcher.cancel() }
            }
            defer { timer.cancel() }
            let start = Stopwatch.now()
            let count = options.plan.burst
            let end = try await OwnThread.run("revoke") { try Self.revoke(count, at: admin) }
            var milliseconds: [Double] = []
            for watcher in watchers {
                let instant = await watcher.value
                milliseconds.append(instant > end ? Stopwatch.seconds(from: end, to: instant) * 1000 : 0)
            }
            let incomplete = services.filter { $0.status.entries != count }.count
            return (Double(count) / Stopwatch.seconds(from: start, to: end), milliseconds, incomplete)
        }
    }

    /// - Returns: when the last answer was there.
    private static func revoke(_ count: Int, at admin: Endpoint) throws -> UInt64 {
        let share = (count + writers - 1) / writers
        let ends = try ThreadTeam.run(count: writers) { writer in
            let connection = try HTTPConnection(admin)
            for number in writer * share..<min(count, (writer + 1) * share) {
                let digits = String(number)
                let id = "revoked-" + String(repeating: "0", count: 13 - digits.utf8.count) + digits + "A"
                let body = #"{"kind":"token","id":"\#(id)"}"#
                try connection.exchange(
                    HTTPRequest.post("/api/v1/admin/revocations", type: "application/json", body: body), expecting: 201)
            }
            return Stopwatch.now()
        }
        return ends.max() ?? 0
    }
}

/// Between blocking and asynchronous code, for a program whose main thread measures.
enum Blocking {
    /// Waits on this thread for asynchronous work.
    static func run<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) throws -> Value {
        let done = DispatchSemaphore(value: 0)
        let result = Mutex<Result<Value, any Error>?>(nil)
        Task {
            let outcome: Result<Value, any Error>
            do { outcome = .success(try await work()) } catch { outcome = .failure(error) }
            result.withLock { $0 = outcome }
            done.signal()
        }
        done.wait()
        guard let outcome = result.withLock({ $0 }) else { throw BenchFailure("The work left no result.") }
        return try outcome.get()
    }
}
