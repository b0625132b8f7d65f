import LatchkeyTokens
import TestSupport
import Testing

@testable import LatchkeyVerifier

/// When keys are fetched, without a network.
struct ScheduleTests {
    private let clock = TestClock()

    @Test func `the first fetch is due at once, the next when the server's max-age has passed`() {
        var schedule = KeySource.Schedule(coolDown: .seconds(30))
        #expect(schedule.delay(at: clock.now) == .zero)
        schedule.begin(at: clock.now)
        schedule.succeeded(maxAge: .seconds(600), jitter: 0)
        #expect(schedule.delay(at: clock.now) == .seconds(600))
        clock.advance(by: .seconds(600))
        #expect(schedule.delay(at: clock.now) == .zero)
    }

    @Test(arguments: [
        (Duration?.none, Duration.seconds(300)), (.zero, .seconds(60)), (.seconds(5), .seconds(60)),
        (.seconds(31_536_000), .seconds(3600)),
    ])
    func `a max-age counts within bounds`(maxAge: Duration?, pause: Duration) {
        var schedule = KeySource.Schedule(coolDown: .seconds(30))
        schedule.begin(at: clock.now)
        schedule.succeeded(maxAge: maxAge, jitter: 0)
        #expect(schedule.delay(at: clock.now) == pause)
    }

    @Test func `an unknown name brings about a fetch once in each cool-down`() {
        var schedule = KeySource.Schedule(coolDown: .seconds(30))
        #expect(schedule.allowsRefetch(at: clock.now))
        schedule.begin(at: clock.now)
        schedule.succeeded(maxAge: nil, jitter: 0)
        clock.advance(by: .seconds(29))
        #expect(!schedule.allowsRefetch(at: clock.now))
        clock.advance(by: .seconds(1))
        #expect(schedule.allowsRefetch(at: clock.now))
    }

    @Test func `failures wait longer each time, a minute at most`() {
        var schedule = KeySource.Schedule(coolDown: .seconds(30))
        var pauses: [Duration] = []
        for _ in 0..<8 {
            schedule.begin(at: clock.now)
            schedule.failed(jitter: 1)
            pauses.append(schedule.delay(at: clock.now))
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60].map { .seconds($0) })
    }

    @Test func `a clock that was set back stops nothing`() {
        var schedule = KeySource.Schedule(coolDown: .seconds(30))
        schedule.begin(at: clock.now)
        schedule.succeeded(maxAge: nil, jitter: 0)
        let before = clock.now - .seconds(86400)
        #expect(schedule.delay(at: before) == .zero)
        #expect(schedule.allowsRefetch(at: before))
    }

    @Test(
        arguments: [
            (["public, max-age=300, stale-if-error=600"], nil, 300), (["max-age=300"], "100", 200),
            (["max-age=300"], "900", 0), (["MAX-AGE=\"20\""], nil, 20), (["max-age=300", "max-age=10"], nil, 10),
            (["no-store, max-age=300"], nil, 0), (["max-age=-5"], nil, nil), (["max-age=soon"], nil, nil),
            (["public"], nil, nil), ([], nil, nil),
        ] as [([String], String?, Int64?)])
    func `Cache-Control is read as far as it says how long`(fields: [String], age: String?, seconds: Int64?) {
        #expect(CacheControl.lifetime(fields, age: age) == seconds.map { .seconds($0) })
    }
}
