import Synchronization
import Testing

@testable import LatchkeyHTTP

struct ConnectionBudgetTests {
    private final class Count: Sendable {
        let value = Mutex(0)
        func add() { value.withLock { $0 += 1 } }
        var now: Int { value.withLock { $0 } }
    }

    @Test func `listeners share the places, and all who wait are woken once`() {
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

    @Test func `a connection above the limit that ends wakes nobody`() {
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

    @Test(arguments: [("127.0.0.1", true), ("::1", true), ("10.1.2.3", true), ("192.0.2.7", false)])
    func `loopback and trusted proxies are not counted by address`(_ text: String, _ expected: Bool) throws {
        var settings = HTTPService.Settings()
        settings.trustedProxies = try TrustedProxies(["10.0.0.0/8"])
        let service = HTTPService(
            routes: RouteTable([]), settings: settings, metrics: PrometheusRegistry(), now: { 0 },
            renderError: { _, _ in ServerFixture.text("") })
        #expect(service.sharesAddress(try #require(ClientAddress(text))) == expected)
    }
}
