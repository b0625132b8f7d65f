import Synchronization
import TestConditions
import Testing
import Waiting

/// Something that tasks change and a test looks at.
final class Tally<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) { self.value = Mutex(value) }

    var now: Value { value.withLock { $0 } }

    func change(_ change: (inout Value) -> Void) { value.withLock { change(&$0) } }
}

struct WaiterTests {
    @Test(.endsHang) func `a value that comes before the wait is not lost`() async {
        let waiter = Waiter<Int>()
        #expect(waiter.release(1))
        #expect(await waiter.value() == 1)
    }

    @Test(.endsHang) func `a value that comes during the wait ends it`() async throws {
        let waiter = Waiter<Int>()
        let task = Task { await waiter.value() }
        #expect(waiter.release(2))
        #expect(await task.value == 2)
    }

    @Test(.endsHang) func `only the first value counts, and only its provider learns that`() async {
        let waiter = Waiter<Int>()
        #expect(waiter.release(1))
        #expect(!waiter.release(2))
        #expect(await waiter.value() == 1)
        #expect(!waiter.release(3))
    }

    @Test(.endsHang) func `of many parallel releases exactly one is the first`() async {
        for _ in 0..<200 {
            let waiter = Waiter<Int>()
            let winners = Tally<[Int]>([])
            let value = await withTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask { if waiter.release(number) { winners.change { $0.append(number) } } }
                }
                return await waiter.value()
            }
            #expect(winners.now == [value])
        }
    }

    @Test(.endsHang) func `cancellation alone does not end a wait`() async throws {
        let waiter = Waiter<Int>()
        let task = Task { await waiter.value() }
        task.cancel()
        #expect(waiter.release(7))
        #expect(await task.value == 7)
    }

    @Test(.endsHang) func `a task that is cancelled before or during the wait may release itself`() async throws {
        for cancelsFirst in [true, false] {
            let waiter = Waiter<Int>()
            let task = Task {
                if cancelsFirst { unsafe withUnsafeCurrentTask { unsafe $0?.cancel() } }
                return await waiter.value { waiter.release(-1) }
            }
            task.cancel()
            #expect(await task.value == -1)
        }
    }

    @Test(.endsHang) func `a value that races with cancellation is either taken or known to be left over`() async {
        for _ in 0..<400 {
            let waiter = Waiter<Bool>()
            let task = Task { await waiter.value { waiter.release(false) } }
            async let isTaken = Task.detached { waiter.release(true) }.value
            task.cancel()
            #expect(await task.value == isTaken)
        }
    }
}

struct CompletionTests {
    @Test(.endsHang) func `all waiting tasks, and later ones, continue once it has ended`() async {
        let completion = Completion()
        let early = (0..<5).map { _ in Task { await completion.wait() } }
        completion.finish()
        completion.finish()
        for task in early { await task.value }
        await completion.wait()
    }

    @Test(.endsHang) func `no task continues earlier, cancelled or not`() async throws {
        let completion = Completion()
        let ended = Tally(0)
        let tasks = (0..<4).map { _ in
            Task {
                await completion.wait()
                ended.change { $0 += 1 }
            }
        }
        for task in tasks { task.cancel() }
        for _ in 0..<100 { await Task.yield() }
        #expect(ended.now == 0)
        completion.finish()
        for task in tasks { await task.value }
    }
}
