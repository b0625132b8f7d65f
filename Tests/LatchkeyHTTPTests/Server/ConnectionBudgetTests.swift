import NIOCore
import Synchronization
import TestConditions
import Testing

@testable import LatchkeyHTTP

struct ConnectionBudgetTests {
    private final class Count: Sendable {
        let value = Mutex(0)
        func add() { value.withLock { $0 += 1 } }
        var now: Int { value.withLock { $0 } }
    }

    @Test func `listeners share the places, and all waiters are woken once`() {
        let budget = ConnectionBudget(limit: 2, limitPerNetwork: 9)
        let woken = Count()
        budget.enter()
        #expect(budget.hasPlace { woken.add() })
        budget.enter()
        #expect(!budget.hasPlace { woken.add() })
        #expect(!budget.hasPlace { woken.add() })
        #expect(woken.now == 0)
        budget.leave()
        #expect(woken.now == 2)
        budget.leave()
        #expect(woken.now == 2)
        #expect(budget.hasPlace { woken.add() })
    }

    @Test func `a connection above the limit that ends wakes no listener`() {
        let budget = ConnectionBudget(limit: 1, limitPerNetwork: 9)
        let woken = Count()
        budget.enter()
        budget.enter()
        #expect(!budget.hasPlace { woken.add() })
        budget.leave()
        #expect(woken.now == 0)
        budget.leave()
        #expect(woken.now == 1)
    }

    @Test func `one network cannot take more than its share, others still get in`() throws {
        let budget = ConnectionBudget(limit: 9, limitPerNetwork: 2)
        let first = try #require(ClientAddress("2001:db8:0:1::1")).network
        let neighbour = try #require(ClientAddress("2001:db8:0:1:ffff::2")).network
        let other = try #require(ClientAddress("192.0.2.7")).network
        #expect(budget.admit(first))
        #expect(budget.admit(neighbour))
        #expect(!budget.admit(first))
        #expect(budget.admit(other))
        budget.dismiss(neighbour)
        #expect(budget.admit(first))
        #expect(!budget.admit(first))
    }

    @Test func `a place is asked for while there is none, and one connection alone gives it up`() {
        let budget = ConnectionBudget(limit: 2, limitPerNetwork: 9)
        budget.enter()
        budget.want()
        #expect(!budget.isWanted)
        budget.enter()
        budget.want()
        #expect(budget.isWanted)
        #expect(budget.takeWanted() && !budget.takeWanted())
        budget.want()
        budget.leave()
        #expect(!budget.isWanted)
    }

    @Test func `HTTP 2 streams are bounded in all and for one network, and given back`() throws {
        let budget = HTTP2StreamBudget(limit: 3, limitPerNetwork: 2)
        let first = try #require(ClientAddress("192.0.2.7")).network
        let other = try #require(ClientAddress("192.0.2.8")).network
        #expect(budget.admit(first) && budget.admit(first) && !budget.admit(first))
        #expect(budget.admit(other) && !budget.admit(other) && !budget.admit(nil))
        budget.dismiss(first, 2)
        #expect(budget.open == 1)
        #expect(budget.admit(first) && budget.admit(nil) && !budget.admit(first))
    }

    @Test func `memory is given back when half of a crowd is gone, once for each crowd`() async throws {
        let times = Count()
        let memory = ReturnedMemory(delay: .zero) { times.add() }
        for crowd in 1...3 {
            for count in Array(1...31) + [0] + Array(1...40) + [21] { memory.connections(count) }
            #expect(times.now == crowd - 1)
            memory.connections(20)
            try await eventually("memory was given back") { times.now >= crowd }
        }
        memory.connections(10)
        memory.connections(0)
        #expect(times.now == 3)
    }

    // MARK: Answers that wait

    @Test func `the responses that have waited longest are cut off, and a shared body counts once`() {
        let answers = WaitingAnswers(limit: 250)
        let cut = Mutex<[Int]>([])
        let wait = { (number: Int, body: ByteBuffer) in answers.add(body) { cut.withLock { $0.append(number) } } }
        // Kept here as connections keep them: what is gone leaves its memory to the next.
        let bodies = (0..<3).map { ByteBuffer(repeating: UInt8($0), count: 100) }
        defer { withExtendedLifetime(bodies) {} }
        let first = (0..<50).map { wait($0, bodies[0]) }
        #expect(answers.bytes == 100 && cut.withLock { $0 }.isEmpty)
        _ = wait(50, bodies[1])
        #expect(answers.bytes == 200)
        // Only when the last reader of the oldest list is gone, is it.
        let newest = wait(51, bodies[2])
        #expect(cut.withLock { $0 } == Array(0..<50))
        #expect(answers.bytes == 200)
        for id in first { answers.remove(id) }
        answers.remove(newest)
        #expect(answers.bytes == 100)
    }

    @Test func `an answer larger than the bound is not cut off for itself`() {
        let answers = WaitingAnswers(limit: 10)
        let cut = Mutex(0)
        let bodies = [ByteBuffer(repeating: 1, count: 100), ByteBuffer(repeating: 2, count: 5)]
        defer { withExtendedLifetime(bodies) {} }
        let id = answers.add(bodies[0]) { cut.withLock { $0 += 1 } }
        #expect(cut.withLock { $0 } == 0 && answers.bytes == 100)
        _ = answers.add(bodies[1]) {}
        #expect(cut.withLock { $0 } == 1 && answers.bytes == 5)
        answers.remove(id)
        #expect(answers.bytes == 5)
    }

    @Test(arguments: [("127.0.0.1", true), ("::1", true), ("10.1.2.3", true), ("192.0.2.7", false)])
    func `loopback and trusted proxies are not counted by address`(_ text: String, _ expected: Bool) throws {
        var settings = HTTPService.Settings()
        settings.trustedProxies = try TrustedProxies(["10.0.0.0/8"])
        let service = HTTPService(
            routes: RouteTable([]), settings: settings, metrics: RequestMetrics(), now: { 0 },
            renderError: { _, _ in ServerFixture.text("") })
        #expect(service.sharesAddress(try #require(ClientAddress(text))) == expected)
    }
}
