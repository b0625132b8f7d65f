import TestConditions
import Testing
import Waiting

struct WaitingRoomTests {
    private let room = WaitingRoom<String>()
    private let places = WaitingRoom<String>.Places(total: 3, perKey: 2)
    private static var never: ContinuousClock.Instant { .now + .seconds(86_400) }

    private func wait(_ key: String, until deadline: ContinuousClock.Instant? = nil) -> Task<Bool, Never> {
        Task { await room.wait(key, places, until: deadline ?? Self.never) { false } }
    }

    private func holds(_ count: Int) async throws {
        try await eventually("\(count) wait") { room.count == count }
    }

    @Test(.endsHang) func `places are bounded for a key and in all, and come back`() async throws {
        let first = [wait("a"), wait("a")]
        try await holds(2)
        #expect(!(await wait("a").value), "the key has no more")
        let third = wait("b")
        try await holds(3)
        #expect(!(await wait("c").value), "nobody has")
        first[0].cancel()
        #expect(await first[0].value)
        let next = wait("c")
        try await holds(3)
        room.drain()
        for task in [first[1], third, next] { #expect(await task.value) }
        #expect(room.count == 0)
    }

    @Test(.endsHang) func `a task with nothing to wait for does not wait`() async {
        #expect(await room.wait("a", places, until: Self.never) { true })
        #expect(await room.wait("a", places, until: .now - .seconds(1)) { false })
        #expect(room.count == 0)
    }

    @Test(.endsHang) func `only those whose key is meant look again`() async throws {
        let news = Tally(0)
        let tasks = ["a", "b"].map { key in
            Task { [room, places] in await room.wait(key, places, until: Self.never) { news.now > 0 } }
        }
        try await holds(2)
        news.change { $0 += 1 }
        #expect(room.release(["a"]) <= 1)
        #expect(await tasks[0].value)
        #expect(room.count == 1)
        room.release()
        #expect(await tasks[1].value)
    }

    @Test(.endsHang) func `a task released without a change continues to wait`() async throws {
        let news = Tally(0)
        let looks = Tally(0)
        let task = Task { [room, places] in
            await room.wait("a", places, until: Self.never) {
                looks.change { $0 += 1 }
                return news.now > 0
            }
        }
        try await eventually("it has looked again and again") {
            room.release()
            return looks.now > 3
        }
        #expect(room.count == 1)
        news.change { $0 += 1 }
        room.release()
        #expect(await task.value)
    }

    @Test(.endsHang) func `no news is missed, however it falls`() async {
        for _ in 0..<300 {
            let news = Tally(0)
            let task = Task { [room, places] in
                await room.wait("a", places, until: Self.never) { news.now > 0 }
            }
            news.change { $0 += 1 }
            room.release()
            #expect(await task.value)
        }
    }

    @Test(.endsHang) func `time ends a wait while the room is looked after`() async throws {
        let keeper = Task { [room] in await room.run() }
        #expect(await wait("a", until: .now + .milliseconds(1)).value)
        keeper.cancel()
        await keeper.value
    }

    @Test(.endsHang) func `a cancelled wait ends, before it begins and after`() async throws {
        let late = wait("a")
        try await holds(1)
        late.cancel()
        #expect(await late.value)
        let early = Task { [room, places] in
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            return await room.wait("a", places, until: Self.never) { false }
        }
        #expect(await early.value)
        #expect(room.count == 0)
    }

    @Test(.endsHang) func `a drained room holds no task`() async {
        room.drain()
        #expect(await wait("a").value)
        #expect(room.count == 0)
    }
}

struct OwnThreadTests {
    private struct Broken: Error {}

    @Test(.endsHang) func `work comes back with its value or its error`() async throws {
        #expect(try await OwnThread.run("test") { 7 } == 7)
        await #expect(throws: Broken.self) { try await OwnThread.run("test") { throw Broken() } }
        #expect(try await WorkLine("test").run { 7 } == 7)
        await #expect(throws: Broken.self) { try await WorkLine("test").run { throw Broken() } }
    }

    @Test(.endsHang) func `work in a line never runs side by side`() async throws {
        let line = WorkLine("test")
        let inside = Tally(0)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await line.run {
                        inside.change { $0 += 1 }
                        defer { inside.change { $0 -= 1 } }
                        return inside.now
                    }
                }
            }
            for try await count in group { #expect(count == 1) }
        }
    }
}
