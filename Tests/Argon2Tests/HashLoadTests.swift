import Testing

@testable import Argon2

struct HashLoadTests {
    @Test func `with a thread free and no job ahead there is no wait`() {
        let load = HashLoad(threads: 2)
        #expect(load.waitSeconds(workAhead: 0, running: []) == 0)
        #expect(load.waitSeconds(workAhead: 0, running: [9]) == 0)
    }

    @Test func `all threads share the work ahead, after the first of them is free`() {
        var load = HashLoad(threads: 2)
        load.record(.seconds(1), weight: 1)
        #expect(load.waitSeconds(workAhead: 4, running: [3, 1]) == 3)
        #expect(load.waitSeconds(workAhead: 0, running: [3, 2]) == 2)
        #expect(load.waitSeconds(workAhead: 1, running: [3]) == 0.5)
    }

    @Test func `before the first job a duration is presumed`() {
        let load = HashLoad(threads: 1)
        #expect(load.meanSeconds == nil)
        #expect(load.waitSeconds(workAhead: 100, running: [1]) > 1)
    }

    @Test func `a heavy job counts by its weight and a slow one moves the mean only so far`() throws {
        var load = HashLoad(threads: 1)
        load.record(.seconds(8), weight: 8)
        #expect(load.meanSeconds == 1)
        load.record(.seconds(11), weight: 1)
        #expect(load.meanSeconds == 2)
        load.record(.seconds(-5), weight: 1)
        #expect(try #require(load.meanSeconds) > 0)
    }
}
