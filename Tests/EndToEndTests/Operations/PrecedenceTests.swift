import Foundation
import Glibc
import LatchkeyCore
import LatchkeyTokens
import Synchronization
import TestConditions
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

    /// A server with a client, and logins of nobody under way, one after the other until `body` is done. Each costs as
    /// much as any other.
    private func duringLogin(
        wrapper: [String] = [], configuration: [String: String] = [:], _ body: (ServerProcess) async throws -> Void
    ) async throws -> String {
        let folder = try TemporaryFolder()
        try await withServer(folder: folder) { try await $0.addClient() }
        let server = try await ServerProcess(
            folder: folder, port: try ServerProcess.freePort(),
            configuration: Self.slow.merging(configuration) { _, given in given }, wrapper: wrapper)
        let http = server.http
        let isDone = Flag()
        let logins = Task {
            repeat {
                let answer = try await http.post(
                    "/api/v1/login",
                    json: [
                        "username": .string("nobody-\(UUID())"), "password": "whatever it may be", "client_id": "spa",
                    ])
                #expect(answer.status == 401)
            } while !isDone.isSet
        }
        defer { logins.cancel() }
        try await body(server)
        isDone.set()
        try await logins.value
        try await eventually("it is over with the hash") { try Policy.raised(server.processID).isEmpty }
        #expect(try await server.terminate() == 0)
        return try String(contentsOfFile: server.logPath, encoding: .utf8)
    }

    @Test(.enabled(if: Policy.isPermitted, "needs CAP_SYS_NICE or a limit on real-time priorities"))
    func `only the writers and the event loops go first while a hash runs`() async throws {
        // Those that everybody who refreshes waits for.
        let writers: Set = TestStore.isPostgres ? ["store-hot-0", "store-hot-1"] : ["store-write"]
        _ = try await duringLogin { server in
            // The threads are not raised in one instant.
            try await eventually("the writers and all event loops are raised") {
                let loops = try Policy.all(server.processID).count { $0.name.hasPrefix("NIO") }
                let raised = try Policy.raised(server.processID)
                for thread in raised {
                    let isWriter = writers.contains(thread.name)
                    try #require(isWriter || thread.name.hasPrefix("NIO"), "\(thread)")
                    try #require(thread.priority == (isWriter ? 2 : 1), "\(thread)")
                }
                return loops > 0 && raised.count == loops + writers.count
            }
        }
    }

    @Test(.enabled(if: getuid() == 0, "only root can be without a privilege that it has"))
    func `without the privilege everything goes on as before`() async throws {
        let wrapper = [
            "/usr/bin/prlimit", "--rtprio=0:0", "/usr/bin/setpriv", "--bounding-set=-sys_nice", "--inh-caps=-sys_nice",
        ]
        let log = try await duringLogin(wrapper: wrapper) { server in
            let answer = try await server.http.get("/healthz")
            #expect(answer.status == 200)
        }
        #expect(log.contains("no real-time priorities"))
    }

    @Test(.enabled(if: Policy.isPermitted, "needs CAP_SYS_NICE or a limit on real-time priorities"))
    func `a server that was not told to takes no real-time priority`() async throws {
        let settings = try await EffectiveSettings.load(ConfigurationSources())
        #expect(!settings.core.login.precedence)
        _ = try await duringLogin(configuration: ["LATCHKEY_LOGIN_PRECEDENCE": "false"]) { server in
            try await eventually("the password is being hashed") {
                #expect(try Policy.raised(server.processID).isEmpty)
                return try await server.http.get("/metrics").text.contains("\nlatchkey_hash_running 1\n")
            }
            #expect(try Policy.raised(server.processID).isEmpty)
        }
    }

    // MARK: Its bounds

    @Test(
        .enabled(if: Policy.isPermitted, "needs CAP_SYS_NICE or a limit on real-time priorities"),
        arguments: [false, true])
    func `threads that need much fall back into line, those that need little do not`(isBusy: Bool) async throws {
        let thread = try await Companion(isBusy: isBusy)
        let precedence = Precedence(processors: 1)
        #expect(precedence.grant([.init(thread: thread.handle, priority: 1)]))
        #expect(!thread.policy.isRealTime, "nothing is hashed yet")
        precedence.hashBegins()
        #expect(thread.policy.isRealTime && thread.policy.priority == 1)
        let deadline = ContinuousClock.now + (isBusy ? .seconds(600) : .seconds(1))
        // One hash after another, as with one thread: each time the members go back and come again, at once, or on a busy
        // machine a thread that went back would not need much.
        while thread.policy.isRealTime, ContinuousClock.now < deadline {
            precedence.hashEnds()
            precedence.hashBegins()
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(thread.policy.isRealTime == !isBusy)
        let fellBack = ContinuousClock.now
        precedence.hashEnds()
        precedence.hashBegins()
        let goesFirst = thread.policy.isRealTime
        // It pauses for two seconds, which may be over where this test itself was held up.
        let isAtOnce = ContinuousClock.now - fellBack < .seconds(1)
        #expect(goesFirst == !isBusy || !isAtOnce, "not again at once")
        precedence.hashEnds()
        precedence.withdraw()
        #expect(!thread.policy.isRealTime)
        await thread.end()
    }

    @Test(.enabled(if: Policy.isPermitted, "needs CAP_SYS_NICE or a limit on real-time priorities"))
    func `a thread that somebody has put into another class stays there`() async throws {
        let (thread, later) = (try await Companion(isBusy: false), try await Companion(isBusy: false))
        var parameters = sched_param(sched_priority: 1)
        // The call reads our local.
        #expect(unsafe pthread_setschedparam(thread.handle, SCHED_FIFO, &parameters) == 0)
        let precedence = Precedence(processors: 1)
        #expect(!precedence.grant([.init(thread: thread.handle, priority: 1)]))
        #expect(thread.policy.isRealTime)
        await thread.end()

        #expect(precedence.grant([.init(thread: later.handle, priority: 1)]))
        precedence.hashBegins()
        parameters.sched_priority = 3
        #expect(unsafe pthread_setschedparam(later.handle, SCHED_FIFO, &parameters) == 0)
        precedence.hashEnds()
        #expect(later.policy.isRealTime && later.policy.priority == 3)
        precedence.withdraw()
        await later.end()
    }
}

/// Set once, from another task.
private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}

/// How Linux schedules a thread.
private struct Policy {
    var name = ""
    var isRealTime: Bool
    var priority: Int32

    /// Of each thread of a process.
    static func all(_ process: Int32) throws -> [Policy] {
        let folder = "/proc/\(process)/task"
        return try FileManager.default.contentsOfDirectory(atPath: folder).compactMap { id in
            // A thread may have ended since.
            guard let stat = try? String(contentsOfFile: "\(folder)/\(id)/stat", encoding: .utf8) else { return nil }
            let start = try #require(stat.firstIndex(of: "("))
            let end = try #require(stat.lastIndex(of: ")"))
            let fields = stat[end...].split(separator: " ")
            return Policy(
                name: String(stat[start..<end].dropFirst()),
                isRealTime: [SCHED_FIFO, SCHED_RR].contains(try #require(Int32(fields[39]))),
                priority: try #require(Int32(fields[38])))
        }
    }

    /// Those that go first at this moment, but for the one that looks after them.
    static func raised(_ process: Int32) throws -> [Policy] {
        try all(process).filter { $0.isRealTime && $0.name != "precedence" }
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
