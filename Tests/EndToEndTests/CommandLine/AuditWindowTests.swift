import Testing

@testable import latchkey

/// Which events `audit tail` shows when ids do not become visible in their order.
struct AuditWindowTests {
    @Test func `an event is shown once, also when a later one was seen before it`() {
        let start = ContinuousClock.now
        var window = AuditWindow(known: [3, 2, 1])
        #expect(window.floor == 0)
        #expect(window.take([1, 2, 3, 5], at: start + .seconds(1)) == [5])
        #expect(window.take([1, 2, 3, 5], at: start + .seconds(2)).isEmpty)
        #expect(window.take([1, 2, 3, 4, 5, 6], at: start + .seconds(3)) == [4, 6])
        #expect(window.take([], at: start + .seconds(4)).isEmpty)
    }

    @Test func `what is older than some seconds is never looked for again`() {
        let start = ContinuousClock.now
        var window = AuditWindow(known: (1...100).reversed())
        #expect(window.floor == 0)
        window = AuditWindow(known: (1001...1100).reversed())
        #expect(window.floor == 1000)
        #expect(window.take([1050, 1100, 1101], at: start + .seconds(1)) == [1101])
        #expect(window.take([1101, 1102], at: start + .seconds(8)) == [1102])
        #expect(window.floor == 1101)
        #expect(window.take([1102], at: start + .seconds(20)).isEmpty)
        #expect(window.floor == 1102)
        #expect(window.take([1103], at: start + .seconds(21)) == [1103])
    }
}
