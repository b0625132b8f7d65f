import InMemoryLogging
import LatchkeyCore
import LatchkeyTokens
import Logging
import TestSupport
import Testing

@testable import LatchkeyHTTP

struct StoreTroubleTests {
    @Test func `a flood of refusals is one line a second, with a count`() {
        let clock = TestClock()
        let log = InMemoryLogHandler()
        let logger = Logger(label: "test") { _ in log }
        let trouble = StoreTrouble(clock: clock.clock)
        for _ in 0..<100 { trouble.note(StoreUnavailable("full"), logger: logger) }
        #expect(log.entries.count == 1)
        clock.advance(by: .seconds(1))
        trouble.note(StoreUnavailable("full"), logger: logger)
        #expect(log.entries.count == 2)
        #expect(log.entries.last?.metadata["lk.also_refused"] == "99")
    }

    @Test func `trouble is forgotten after five seconds`() {
        let clock = TestClock()
        let trouble = StoreTrouble(clock: clock.clock)
        #expect(!trouble.isRecent)
        trouble.note(StoreUnavailable("full"), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        clock.advance(by: .milliseconds(4999))
        #expect(trouble.isRecent)
        clock.advance(by: .milliseconds(1))
        #expect(!trouble.isRecent)
    }

    @Test func `a server that refused a request, or whose disk is all but full, is not ready`() async throws {
        try await withServer { server in
            let services = server.services
            let ready = { (trouble: StoreTrouble, free: Int64?) in
                await Readiness.probe(
                    services.health, .init(trouble: trouble, freeBytes: { free }), now: services.clock.now()
                ).ready
            }
            let calm = StoreTrouble(clock: .wall)
            #expect(await ready(calm, nil))
            #expect(await ready(calm, Readiness.leastFreeBytes))
            #expect(await !ready(calm, Readiness.leastFreeBytes - 1))
            let troubled = StoreTrouble(clock: TestClock().clock)
            troubled.note(StoreUnavailable("full"), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            #expect(await !ready(troubled, nil))
        }
    }

    @Test func `a store that does not answer is not ready, whatever else is well`() async throws {
        try await withServer { server in
            let readiness = Readiness.hanging(server.services.health)
            #expect(!readiness.ready)
            #expect(readiness.checks.map(\.ok) == [false, true, false])
        }
    }

    @Test func `work that hangs is not waited for`() async {
        let gate = Gate()
        let result = await TimeLimit.result(within: .milliseconds(1)) {
            await gate.arriveAndWait()
            return 1
        }
        #expect(result == nil)
        await gate.open()
    }

    @Test func `work that ends in time gives its result`() async {
        #expect(await TimeLimit.result(within: .seconds(60)) { 1 } == 1)
    }
}
