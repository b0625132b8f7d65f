import LatchkeyCore
import LatchkeyTokens
import Synchronization
import Testing

@testable import LatchkeyHTTP

struct RecentResultTests {
    private final class Scene: Sendable {
        let now = Mutex(Timestamp(seconds: 1000))
        let runs = Mutex(0)

        var clock: Clock {
            Clock(now: { self.now.withLock { $0 } }, sleep: { _ in })
        }

        var result: RecentResult<Int> {
            RecentResult(every: .seconds(1), clock: clock) {
                self.runs.withLock { runs in
                    runs += 1
                    return runs
                }
            }
        }

        func move(_ duration: Duration) { now.withLock { $0 = $0 + duration } }
    }

    @Test func `a hundred askers at once cost one probe`() async {
        let scene = Scene()
        let result = scene.result
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<100 { group.addTask { await result.value() } }
            for await value in group { #expect(value == 1) }
        }
        #expect(scene.runs.withLock { $0 } == 1)
    }

    @Test func `after the interval it is computed again, not before`() async {
        let scene = Scene()
        let result = scene.result
        #expect(await result.value() == 1)
        scene.move(.milliseconds(999))
        #expect(await result.value() == 1)
        scene.move(.milliseconds(1))
        #expect(await result.value() == 2)
    }

    @Test func `a clock set back does not freeze the last result`() async {
        let scene = Scene()
        let result = scene.result
        #expect(await result.value() == 1)
        scene.move(.seconds(-500))
        #expect(await result.value() == 2)
    }
}
