import LatchkeyCore
import LatchkeyTokens
import Synchronization
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
        feed = RevocationFeed(settings: settings, clock: hand.clock, ring: KeyRing())
    }

    private func record(_ sequence: Int64, lives seconds: Int64 = 420) -> RevocationRecord {
        let now = hand.clock.now()
        return RevocationRecord(
            entry: RevocationEntry(
                sequence: sequence, target: .session(SessionID.generate(at: now)), expiresAt: now + .seconds(seconds)),
            revokedAt: now, reason: .logout, note: nil, actor: .system)
    }

    private func document(after: Int64? = nil, epoch: String? = nil) throws -> RevocationDocument {
        try RevocationDocument(parsing: feed.read(RevocationQuery(after: after, epoch: epoch)).body)
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
        let before = feed.read(RevocationQuery()).etag
        hand.advance(9)
        #expect(feed.read(RevocationQuery()).etag == before)
        hand.advance(1)
        #expect(feed.read(RevocationQuery()).etag != before)
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
        while feed.waiting == 0 { await Task.yield() }
        feed.committed([record(2)])
        guard case .answered(let reply) = await answer else { throw Unexpected() }
        #expect(reply.sequence == 2 && !reply.isEmpty)
        #expect(feed.waiting == 0)
    }

    @Test func `a poller that is behind, or of another epoch, is answered at once`() async throws {
        feed.committed([record(1), record(2)])
        for query in [RevocationQuery(after: 1, epoch: "0"), RevocationQuery(after: 2, epoch: "x"), RevocationQuery()] {
            guard case .answered(let reply) = await feed.wait(query, seconds: .seconds(60), address: "a") else {
                throw Unexpected()
            }
            #expect(!reply.isEmpty)
        }
    }

    @Test func `waiters are bounded for an address and in all, and cancelling frees a place`() async throws {
        let query = RevocationQuery(after: 0, epoch: "0")
        let first = (0..<2).map { _ in Task { await feed.wait(query, seconds: .seconds(60), address: "a") } }
        while feed.waiting < 2 { await Task.yield() }
        let overflow = Task { await feed.wait(query, seconds: .seconds(60), address: "a") }
        let other = Task { await feed.wait(query, seconds: .seconds(60), address: "b") }
        while feed.waiting < 3 { await Task.yield() }
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

    @Test func `after a drain nobody waits`() async throws {
        feed.drain()
        guard
            case .answered(let reply) = await feed.wait(
                RevocationQuery(after: 0, epoch: "0"), seconds: .seconds(60), address: "a")
        else { throw Unexpected() }
        #expect(reply.isEmpty)
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

    private struct Unexpected: Error {}
}
