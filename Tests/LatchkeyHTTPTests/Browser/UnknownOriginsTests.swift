import InMemoryLogging
import LatchkeyCore
import Logging
import TestSupport
import Testing

@testable import LatchkeyHTTP

struct UnknownOriginsTests {
    @Test func `strangers who make up origins cannot fill the log`() {
        let logs = InMemoryLogHandler()
        let logger = Logger(label: "test") { _ in logs }
        let clock = TestClock()
        let unknown = UnknownOrigins(clock: clock.clock)
        for round in 1...3 {
            for number in 0..<1000 {
                unknown.note("https://\(number).test", among: RegisteredOrigins(), logger: logger)
            }
            #expect(logs.entries.count == round * UnknownOrigins.capacity)
            clock.advance(by: .seconds(60))
        }
        #expect(
            logs.entries.first.map { "\($0.message)" }?.hasPrefix("no client has the origin https://0.test:") == true)
    }

    @Test(arguments: [
        "", "https://a b.test", "https://a.test\nforged", "https://\u{E4}.test", "https://a\u{0}.test",
        "lkr_EAZtaXNwbGFjZWQ", "https://EAZtaXNwbGFjZWQ.test", "https://a.test/EAZ", "eyJhbGciOiJFUzI1NiJ9.e30.AAAA",
    ])
    func `what no browser sends as an origin is not in the log`(origin: String) {
        let logs = InMemoryLogHandler()
        let unknown = UnknownOrigins(clock: TestClock().clock)
        unknown.note(origin, among: RegisteredOrigins(), logger: Logger(label: "test") { _ in logs })
        unknown.note(
            String(repeating: "a", count: 301), among: RegisteredOrigins(), logger: Logger(label: "test") { _ in logs })
        #expect(logs.entries.isEmpty)
    }
}
