import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import latchkey

/// While passwords are hashed, whoever answers or writes goes before everything else, where the system permits it.
struct PrecedenceTests {
    // MARK: The real program

    private static let slow = [
        "LATCHKEY_PASSWORD_ARGON2_MEMORY_KIB": "131072", "LATCHKEY_PASSWORD_ARGON2_ITERATIONS": "6",
        "LATCHKEY_LOGIN_PRECEDENCE": "true",
    ]

    /// A server with a client, and a login of nobody under way, which costs as much as any other.
    private func duringLogin(
        wrapper: [String] = [], _ body: (ServerProcess) async throws -> Void
    ) async throws -> String {
        let folder = try TemporaryFolder()
        try await withServer(folder: folder) { try await $0.addClient() }
        let server = try await ServerProcess(
            folder: folder, port: try ServerProcess.freePort(), configuration: Self.slow, wrapper: wrapper)
        let http = server.http
        async let login = http.post(
            "/api/v1/login", json: ["username": "nobody", "password": "whatever it may be", "client_id": "spa"])
        try await body(server)
        #expect(try await login.status == 401)
        let deadline = ContinuousClock.now + .seconds(10)
        while try Policy.all(server.processID).values.contains(where: { $0.isRealTime }), .now < deadline {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(try Policy.all(server.processID).values.allSatisfy { !$0.isRealTime }, "it is over with the hash")
        #expect(server.terminate() == 0)
        return try String(contentsOfFile: server.logPath, encoding: .utf8)
    }

    @Test(.enabled(if: Policy.isPermitted, "needs CAP_SYS_NICE or a limit on real-time priorities"))
    func `the writer and the event loops go first while a hash runs, and nobody else`() async throws {
        _ = try await duringLogin { server in
            let deadline = ContinuousClock.now + .seconds(30)
            var first: Set<String> = []
            while ContinuousClock.now < deadline, !first.contains("store-write") || first.count < 2 {
                // The threads are not raised in one instant, and this is not to keep the login from being sent.
                try await Task.sleep(for: .milliseconds(5))
                let policies = try Policy.all(server.processID)
                first = Set(policies.filter(\.value.isRealTime).keys)
                for (name, policy) in policies where policy.isRealTime {
                    #expect(policy.priority == (name == "store-write" ? 2 : 1), "\(name)")
                }
            }
            #expect(first.contains("store-write"), "\(first)")
            #expect(first.contains { $0.hasPrefix("NIO") }, "\(first)")
            #expect(first.allSatisfy { $0 == "store-write" || $0.hasPrefix("NIO") }, "\(first)")
        }
    }

    @Test(.enabled(if: getuid() == 0, "only root can be without a privilege that it has"))
    func `without the privilege everything goes on as before`() async throws {
        let wrapper = ["/usr/bin/setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice"]
        let log = try await duringLogin(wrapper: wrapper) { server in
            let answer = try await server.http.get("/healthz")
            #expect(answer.status == 200)
        }
        #expect(log.contains("no real-time priorities"))
    }

    // MARK: Its bounds

    @Test(.enabled(if: Policy.isPermitted, "needs CAP_SYS_NICE or a limit on real-time priorities"))
    func `threads that need much fall back into line, those that need little do not`() async throws {
        for isBusy in [true, false] {
            let thread = try await Companion(isBusy: isBusy)
            let precedence = Precedence(processors: 1)
            #expect(precedence.grant([.init(thread: thread.handle, priority: 1)]))
            #expect(!thread.policy.isRealTime, "nothing is hashed yet")
            precedence.hashBegins()
            #expect(thread.policy == Policy(isRealTime: true, priority: 1))
            try await Task.sleep(for: .milliseconds(300))
            precedence.hashBegins()
            #expect(thread.policy.isRealTime == !isBusy)
            precedence.hashEnds()
            precedence.hashBegins()
            #expect(thread.policy.isRealTime == !isBusy, "not again at once")
            precedence.hashEnds()
            precedence.hashEnds()
            #expect(!thread.policy.isRealTime)
            await thread.end()
        }
    }

    @Test func `hashing without anybody to go first changes nothing`() {
        let precedence = Precedence(processors: 2)
        precedence.hashBegins()
        precedence.hashEnds()
        #expect(precedence.grant([]))
    }
}

/// How Linux schedules a thread.
private struct Policy: Equatable {
    var isRealTime: Bool
    var priority: Int32

    /// By the names of the threads of a process.
    static func all(_ process: Int32) throws -> [String: Policy] {
        let folder = "/proc/\(process)/task"
        var policies: [String: Policy] = [:]
        for id in try FileManager.default.contentsOfDirectory(atPath: folder) {
            // A thread may have ended since.
            guard let stat = try? String(contentsOfFile: "\(folder)/\(id)/stat", encoding: .utf8) else { continue }
            let name = stat[
                stat.index(after: try #require(stat.firstIndex(of: "(")))..<(try #require(stat.lastIndex(of: ")")))]
            let fields = stat[try #require(stat.lastIndex(of: ")"))...].split(separator: " ")
            policies[String(name)] = Policy(
                isRealTime: try #require(Int32(fields[39])) != 0, priority: try #require(Int32(fields[38])))
        }
        return policies
    }

    /// Whether this process may do what is tested.
    static let isPermitted: Bool = {
        var policy: Int32 = 0
        var parameters = sched_param()
        // All calls read or fill our locals.
        guard unsafe pthread_getschedparam(pthread_self(), &policy, &parameters) == 0 else { return false }
        var raised = sched_param(sched_priority: 2)
        guard unsafe pthread_setschedparam(pthread_self(), SCHED_RR, &raised) == 0 else { return false }
        return unsafe pthread_setschedparam(pthread_self(), policy, &parameters) == 0
    }()
}

/// A thread that spins, or one that sleeps.
private final class Companion: Sendable {
    let handle: pthread_t
    private let isOver: Over

    private final class Over: Sendable {
        let flag = Atomic(false)
        let ended = AsyncStream<Void>.makeStream()
    }

    init(isBusy: Bool) async throws {
        let over = Over()
        isOver = over
        let started = AsyncStream<pthread_t>.makeStream()
        Thread {
            started.continuation.yield(pthread_self())
            while !over.flag.load(ordering: .relaxed) { if !isBusy { usleep(1000) } }
            over.ended.continuation.finish()
        }.start()
        var handles = started.stream.makeAsyncIterator()
        handle = try #require(await handles.next())
    }

    var policy: Policy {
        var policy: Int32 = 0
        var parameters = sched_param()
        // The call fills our locals; the thread runs until ``end()``.
        unsafe pthread_getschedparam(handle, &policy, &parameters)
        // Without the flag that keeps it from the threads that this one starts.
        return Policy(isRealTime: policy & 0xFF != SCHED_OTHER, priority: parameters.sched_priority)
    }

    func end() async {
        isOver.flag.store(true, ordering: .relaxed)
        for await _ in isOver.ended.stream {}
    }
}
