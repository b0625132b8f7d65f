import LatchkeyCore
import LatchkeyTokens
import Synchronization
import TestConditions
import Testing

/// The list in memory: documents, deltas and long polls, without sockets.
struct RevocationFeedTests {
    private final class Hand: Sendable {
        let now = Mutex(Timestamp(seconds: 1_795_420_800))
        var clock: Clock {
            Clock(
                now: { self.now.withLock { $0 } },
                // A wait ends by a commit, a drain or cancellation, never by time: a test that hangs has failed.
                sleep: { _ in try await Task.sleep(for: .seconds(600)) })
        }
        func advance(_ seconds: Int64) { now.withLock { $0 = $0 + .seconds(seconds) } }
    }

    private let hand = Hand()
    private let feed: RevocationFeed

    init() {
        var settings = Settings(issuer: "https://auth.example.com")
        settings.revocations.maxWaiters = 3
        settings.revocations.maxWaitersPerAddress = 2
        feed = RevocationFeed(settings: settings, clock: hand.clock)
    }

    private func record(_ sequence: Int64, lives seconds: Int64 = 420) -> RevocationRecord {
        let now = hand.clock.now()
        return RevocationRecord(
            entry: RevocationEntry(
                sequence: sequence, target: .session(SessionID.generate(at: now)), expiresAt: now + .seconds(seconds)),
            revokedAt: now, reason: .logout, note: nil, actor: .system)
    }

    private func document(after: Int64? = nil, epoch: String? = nil) throws -> RevocationDocument {
        try RevocationDocument(parsing: feed.read(RevocationQuery(after: after, epoch: epoch)).document().encode())
    }

    @Test(arguments: [(nil, "0"), (1, nil), (1, "other"), (4, "0"), (1 << 40, "0")] as [(Int64?, String?)])
    func `what is not a delta of this epoch is the full snapshot`(after: Int64?, epoch: String?) throws {
        feed.committed([record(1), record(2), record(3)])
        let document = try document(after: after, epoch: epoch)
        #expect(document.after == 0)
        #expect(document.entries.map(\.sequence) == [1, 2, 3])
    }

    @Test func `a delta holds the newer entries alone, also around a hole`() throws {
        feed.committed([record(1), record(2, lives: 10), record(5)])
        #expect(try document(after: 1, epoch: "0").entries.map(\.sequence) == [2, 5])
        hand.advance(10)
        #expect(try document(after: 1, epoch: "0").entries.map(\.sequence) == [5])
        let empty = feed.read(RevocationQuery(after: 5, epoch: "0"))
        #expect(empty.isEmpty && empty.sequence == 5 && empty.after == 5)
    }

    @Test func `an entry is gone at its expiry, and the tag tells`() throws {
        feed.committed([record(1, lives: 10), record(2)])
        let before = feed.read(RevocationQuery()).name
        hand.advance(9)
        #expect(feed.read(RevocationQuery()).name == before)
        hand.advance(1)
        #expect(feed.read(RevocationQuery()).name != before)
        #expect(try document().entries.map(\.sequence) == [2])
    }

    @Test func `now is renewed each second without changing the tag`() throws {
        feed.committed([record(1)])
        let first = try document().now
        hand.advance(1)
        #expect(try document().now.seconds == first.seconds + 1)
    }

    @Test func `a repeated commit notice adds nothing`() throws {
        let one = record(1)
        feed.committed([one])
        feed.committed([one])
        #expect(try document().entries.count == 1)
    }

    @Test func `a long poll ends with the commit that it waited for`() async throws {
        feed.committed([record(1)])
        let query = RevocationQuery(after: 1, epoch: "0")
        async let answer = feed.wait(query, seconds: .seconds(60), address: "192.0.2.1")
        try await eventually("a poll is held") { feed.waiting > 0 }
        feed.committed([record(2)])
        await answer
        let reading = feed.read(query)
        #expect(reading.sequence == 2 && !reading.isEmpty)
        #expect(feed.waiting == 0)
    }

    @Test func `a poller that is behind, or of another epoch, is answered at once`() async throws {
        feed.committed([record(1), record(2)])
        for query in [RevocationQuery(after: 1, epoch: "0"), RevocationQuery(after: 2, epoch: "x"), RevocationQuery()] {
            await feed.wait(query, seconds: .seconds(60), address: "a")
        }
    }

    @Test func `waiters are bounded for an address and in all, and cancelling frees a place`() async throws {
        let query = RevocationQuery(after: 0, epoch: "0")
        let first = (0..<2).map { _ in Task { await feed.wait(query, seconds: .seconds(60), address: "a") } }
        try await eventually("two polls are held") { feed.waiting == 2 }
        let overflow = Task { await feed.wait(query, seconds: .seconds(60), address: "a") }
        let other = Task { await feed.wait(query, seconds: .seconds(60), address: "b") }
        try await eventually("three polls are held") { feed.waiting == 3 }
        #expect(feed.waiting == 3)
        overflow.cancel()
        _ = await overflow.value
        first[0].cancel()
        _ = await first[0].value
        #expect(feed.waiting == 2)
        feed.drain()
        _ = await (first[1].value, other.value)
        #expect(feed.waiting == 0)
    }

    @Test func `a poll without a place waits for a moment, and one without a place there either is answered at once`()
        async throws
    {
        let query = RevocationQuery(after: 0, epoch: "0")
        let wait = { @Sendable [feed] (address: String) in
            await feed.wait(query, seconds: .seconds(60), address: address)
        }
        let placed = ["a", "a", "b"].map { address in Task { await wait(address) } }
        try await eventually("three wait") { feed.waiting >= 3 }
        let timed = ["a", "a", "c"].map { address in Task { await wait(address) } }
        try await eventually("three wait for time") { feed.waitingForTime >= 3 }
        // As many again as there are places: nobody else is held, from wherever, and nobody is refused.
        for address in ["a", "b", "c", "d"] { await wait(address) }

        feed.committed([record(1)])
        for task in placed { await task.value }
        #expect(feed.waiting == 0 && feed.waitingForTime == 3)
        timed[0].cancel()
        await timed[0].value
        #expect(feed.waitingForTime == 2)
        feed.drain()
        for task in timed { await task.value }
        #expect(feed.waitingForTime == 0)
    }

    @Test func `one address cannot have all waits for a moment to pass`() async throws {
        var settings = Settings(issuer: "https://auth.example.com")
        settings.revocations.maxWaiters = 100
        settings.revocations.maxWaitersPerAddress = 1
        let feed = RevocationFeed(settings: settings, clock: hand.clock)
        let query = RevocationQuery(after: 0, epoch: "0")
        let tasks = (0..<17).map { _ in Task { await feed.wait(query, seconds: .seconds(60), address: "a") } }
        try await eventually("all wait") { feed.waiting >= 1 && feed.waitingForTime >= 16 }
        await feed.wait(query, seconds: .seconds(60), address: "a")
        let other = Task { await feed.wait(query, seconds: .seconds(60), address: "b") }
        try await eventually("two wait") { feed.waiting >= 2 }
        feed.drain()
        for task in tasks + [other] { await task.value }
    }

    @Test func `a wait for a moment ends with that moment, not with the wait that was asked for`() async throws {
        var settings = Settings(issuer: "https://auth.example.com")
        settings.revocations.maxWaiters = 1
        settings.revocations.maxWaitersPerAddress = 1
        settings.revocations.nextUpdate = .milliseconds(1)
        let feed = RevocationFeed(settings: settings, clock: hand.clock)
        let loop = Task { try await feed.run() }
        let query = RevocationQuery(after: 0, epoch: "0")
        let placed = Task { await feed.wait(query, seconds: .seconds(3600), address: "a") }
        try await eventually("one waits") { feed.waiting >= 1 }
        // Were it held for as long as it asks, this would hang.
        await feed.wait(query, seconds: .seconds(3600), address: "a")
        #expect(feed.waiting == 1)
        loop.cancel()
        await placed.value
        _ = await loop.result
    }

    @Test func `after a drain no poll waits`() async throws {
        feed.drain()
        let query = RevocationQuery(after: 0, epoch: "0")
        await feed.wait(query, seconds: .seconds(60), address: "a")
        #expect(feed.read(query).isEmpty)
    }

    @Test func `consumers are bounded, and a name cannot acknowledge what does not exist`() {
        feed.committed([record(1), record(2)])
        for number in 0..<1500 {
            feed.noteConsumer("service-\(number)", acknowledged: 7, address: "192.0.2.1")
        }
        let consumers = feed.consumers()
        #expect(consumers.count == 1000)
        #expect(consumers.allSatisfy { $0.acknowledged == 2 && $0.behind == 0 })
    }

    // MARK: Long lists

    @Test func `a long list keeps its order and loses exactly what has expired`() throws {
        var expected: [Int64] = []
        for start in stride(from: Int64(1), to: 5000, by: 500) {
            feed.committed((start..<start + 500).map { record($0, lives: $0 % 7 == 0 ? 5 : 420) })
            expected += (start..<start + 500).filter { $0 % 7 != 0 }
        }
        #expect(try document().entries.count == 5000)
        hand.advance(5)
        #expect(try document().entries.map(\.sequence) == expected)
        #expect(feed.liveEntries == expected.count)
        #expect(try document(after: 4500, epoch: "0").entries.map(\.sequence) == expected.filter { $0 > 4500 })
        hand.advance(415)
        #expect(try document().entries.isEmpty)
        #expect(feed.liveEntries == 0 && feed.sequence == 5000)
    }

    @Test func `a poller that lacks more than a thousand entries gets the snapshot`() throws {
        feed.committed((1...1500).map { record($0) })
        #expect(try document(after: 500, epoch: "0").after == 500)
        #expect(try document(after: 499, epoch: "0").after == 0)
    }

    // MARK: Waking

    private func running(_ body: () async throws -> Void) async throws {
        let loop = Task { [feed] in try await feed.run() }
        defer { loop.cancel() }
        try await body()
    }

    @Test func `a wait ends when its time is up`() async throws {
        try await running {
            let query = RevocationQuery(after: 0, epoch: "0")
            await feed.wait(query, seconds: .milliseconds(1), address: "a")
            #expect(feed.waiting == 0)
        }
    }

    @Test func `in a burst every waiter is woken, and none misses the end of it`() async throws {
        try await running {
            let reader = Task { [feed] in
                var seen: Int64 = 0
                var polls = 0
                while seen < 400 {
                    let query = RevocationQuery(after: seen, epoch: "0")
                    await feed.wait(query, seconds: .seconds(60), address: "a")
                    let document = feed.read(query).document()
                    #expect(document.after == seen)
                    seen = document.sequence
                    polls += 1
                }
                return polls
            }
            for sequence in 1...400 as ClosedRange<Int64> {
                feed.committed([record(sequence)])
                if sequence % 20 == 0 { await Task.yield() }
            }
            #expect(await reader.value <= 400)
        }
    }

    @Test func `the end of the loop releases everybody, and later commits too`() async throws {
        let loop = Task { [feed] in try await feed.run() }
        let query = RevocationQuery(after: 0, epoch: "0")
        let waiter = Task { await feed.wait(query, seconds: .seconds(60), address: "a") }
        try await eventually("a poll is held") { feed.waiting > 0 }
        loop.cancel()
        await waiter.value
        _ = await loop.result
        await feed.wait(query, seconds: .seconds(60), address: "a")
    }

    // MARK: Consumers

    @Test func `a consumer is behind since the first entry that it lacks`() throws {
        feed.noteConsumer("orders", acknowledged: 0, address: "a")
        hand.advance(10)
        feed.committed([record(1)])
        hand.advance(10)
        feed.committed([record(2), record(3)])
        hand.advance(10)
        let first = try #require(feed.consumers().first)
        #expect(first.behind == 3 && first.lag(at: hand.clock.now()) == .seconds(20))
        feed.noteConsumer("orders", acknowledged: 1, address: "a")
        let second = try #require(feed.consumers().first)
        #expect(second.behind == 2 && second.lag(at: hand.clock.now()) == .seconds(10))
        #expect(second.hasAcknowledged(1) && !second.hasAcknowledged(2))
        feed.noteConsumer("orders", acknowledged: 3, address: "a")
        let third = try #require(feed.consumers().first)
        #expect(third.behind == 0 && third.behindSince == nil && third.lag(at: hand.clock.now()) == .zero)
    }

    @Test func `a consumer that never acknowledged is behind since it was first seen, and forgotten after a day`()
        throws
    {
        feed.committed([record(1)])
        hand.advance(100)
        feed.noteConsumer("late", acknowledged: nil, address: "a")
        hand.advance(7)
        let late = try #require(feed.consumers().first)
        #expect(late.behind == 1 && late.lag(at: hand.clock.now()) == .seconds(7))
        hand.advance(86400)
        #expect(feed.consumers().isEmpty)
    }

    @Test func `a consumer further behind than the times that are kept is behind since the oldest of them`() throws {
        feed.noteConsumer("slow", acknowledged: 0, address: "a")
        for sequence in 1...5000 as ClosedRange<Int64> {
            feed.committed([record(sequence)])
            hand.advance(1)
        }
        let slow = try #require(feed.consumers().first)
        #expect(slow.behind == 5000 && slow.lag(at: hand.clock.now()) == .seconds(4096))
    }

    @Test func `a consumer with a borrowed name neither acknowledges for its owner nor pushes it out`() throws {
        feed.committed([record(1)])
        feed.noteConsumer("billing", acknowledged: 0, address: "192.0.2.1")
        feed.noteConsumer("billing", acknowledged: 1, address: "198.51.100.7")
        for number in 0..<1500 { feed.noteConsumer("n\(number)", acknowledged: 1, address: "198.51.100.7") }
        let owner = try #require(feed.consumers().first { $0.address == "192.0.2.1" })
        #expect(owner.name == "billing" && owner.behind == 1 && !owner.hasAcknowledged(1))
    }

    /// Polls so many times at an interval.
    private func poll(_ times: Int, every seconds: Int64) {
        for _ in 0..<times {
            hand.advance(seconds)
            feed.noteConsumer("orders", acknowledged: 0, address: "a")
        }
    }

    private var isGone: Bool? { feed.consumers().first?.isGone }

    @Test(
        arguments: [
            // At least for as long as a long poll is held and a list is trusted, at most for an hour.
            (5, 120), (60, 180), (600, 1800), (7200, 3600),
        ] as [(Int64, Int64)])
    func `a consumer is gone after three times its rhythm, within bounds`(rhythm: Int64, silence: Int64) {
        poll(20, every: rhythm)
        hand.advance(silence)
        #expect(isGone == false)
        hand.advance(1)
        #expect(isGone == true)
        poll(1, every: 0)
        #expect(isGone == false, "it is back")
    }

    @Test func `a consumer that has asked once is gone after the shortest time, and an old pause no longer counts`() {
        feed.noteConsumer("orders", acknowledged: nil, address: "a")
        hand.advance(121)
        #expect(isGone == true)
        poll(1, every: 1000)
        hand.advance(1000)
        #expect(isGone == false, "it is known to pause")
        poll(60, every: 5)
        hand.advance(121)
        #expect(isGone == true)
    }

    @Test func `a consumer is forgotten at one address or at all of them`() {
        for address in ["a", "b", "c"] { feed.noteConsumer("orders", acknowledged: 0, address: address) }
        feed.noteConsumer("billing", acknowledged: 0, address: "a")
        #expect(feed.forgetConsumer("orders", address: "b") == 1 && feed.forgetConsumer("orders", address: "b") == 0)
        #expect(feed.consumers().map(\.address) == ["a", "a", "c"])
        #expect(feed.forgetConsumer("orders", address: nil) == 2)
        #expect(feed.consumers().map(\.name) == ["billing"])
        feed.noteConsumer("orders", acknowledged: 0, address: "a", isAnswer: true)
        #expect(feed.consumers().map(\.name) == ["billing"], "an answer to a poll of before brings nobody back")
    }
}
