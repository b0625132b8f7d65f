import LatchkeyTokens
import Synchronization
import TestConditions
import Testing

@testable import LatchkeyCore

/// The list of a node whose database other nodes write to: what it answers when it knows less than its poller.
struct FollowedFeedTests {
    /// A database that other nodes have written to, as far as the list is concerned.
    private final class Cluster: Sendable {
        struct State: Sendable {
            var at = Timestamp(seconds: 1_795_420_800)
            var epoch = "e1"
            var stored: [RevocationRecord] = []
            /// What this node was told of.
            var published: Int64 = 0
            var answers = true
            var age: Duration = .zero
            var looks = 0
            var loads = 0
            var feed: RevocationFeed?
        }
        let state = Mutex(State())

        var followed: FollowedList {
            FollowedList(
                node: "a1", age: { self.state.withLock { $0.age } }, catchUp: { _ in self.catchUp() },
                load: { _ in self.load() })
        }

        private var check: StoreCheck {
            let state = state.withLock { $0 }
            return StoreCheck(
                at: state.at, epoch: state.epoch, sequence: state.published, keyVersion: 1, clientVersion: 1)
        }

        func catchUp() -> Bool {
            guard state.withLock({ $0.answers }) else { return false }
            look()
            return true
        }

        /// Publishes what is stored, and tells of the check.
        func look() {
            let (feed, records) = state.withLock { state -> (RevocationFeed?, [RevocationRecord]) in
                state.looks += 1
                let published = state.published
                let fresh = state.stored.filter { $0.entry.sequence > published }
                state.published = max(published, state.stored.last?.entry.sequence ?? 0)
                return (state.feed, fresh)
            }
            if !records.isEmpty { feed?.committed(records) }
            feed?.checked(check)
        }

        func load() -> StoredRevocations {
            state.withLock { state in
                state.loads += 1
                return StoredRevocations(
                    epoch: state.epoch, sequence: state.stored.last?.entry.sequence ?? 0,
                    entries: state.stored.map(\.entry))
            }
        }
    }

    private let cluster = Cluster()
    private let feed: RevocationFeed

    init() async throws {
        let cluster = cluster
        let clock = Clock(
            // Far from the database's clock: it must not be used.
            now: { Timestamp(seconds: 1_795_420_800 + 3600) }, sleep: { _ in try await Task.sleep(for: .seconds(600)) })
        feed = RevocationFeed(settings: Settings(issuer: "https://auth.example.com"), clock: clock)
        cluster.state.withLock { [feed] in $0.feed = feed }
        write(3)
        try await feed.start(
            following: cluster.followed,
            expiryClock: ExpiryClock(clock, floor: nil))
    }

    /// Another node revokes something.
    private func write(_ count: Int64) {
        cluster.state.withLock { state in
            for _ in 0..<count {
                let entry = RevocationEntry(
                    sequence: (state.stored.last?.entry.sequence ?? 0) + 1,
                    target: .session(SessionID.generate(at: state.at)), expiresAt: state.at + .seconds(420))
                state.stored.append(
                    RevocationRecord(entry: entry, revokedAt: state.at, reason: .logout, note: nil, actor: .system))
            }
        }
    }

    private func advance(_ seconds: Int64) { cluster.state.withLock { $0.at = $0.at + .seconds(seconds) } }

    private func answer(_ after: Int64?, _ epoch: String?) async throws -> RevocationReading {
        try await feed.answer(to: RevocationQuery(after: after, epoch: epoch))
    }

    private var refused: Refusal { Refusal(.temporarilyUnavailable, "") }

    @Test(
        arguments: [
            // after, epoch, list is loading, has looked, verdict; our seq is 8
            (nil, nil, false, false, .answer), (8, nil, false, false, .answer), (9, nil, false, false, .look),
            (9, nil, false, true, .answer), (nil, "e1", false, false, .answer), (0, "e1", false, false, .answer),
            (8, "e1", false, false, .answer), (9, "e1", false, false, .look), (9, "e1", false, true, .refuse),
            (8, "e2", false, false, .look), (9, "e2", false, false, .look), (nil, "e2", false, false, .look),
            (9, "e2", false, true, .answer), (8, "", false, false, .look), (8, "e1\u{301}", false, false, .look),
            (nil, nil, true, false, .refuse), (8, "e1", true, false, .refuse), (8, "e1", true, true, .refuse),
        ] as [(Int64?, String?, Bool, Bool, PollVerdict)])
    func `whoever knows more than the node makes it look, and never gets less`(
        after: Int64?, epoch: String?, isLoading: Bool, hasLooked: Bool, verdict: PollVerdict
    ) {
        let found = PollVerdict.judge(
            RevocationQuery(after: after, epoch: epoch), epoch: "e1", sequence: 8, isLoading: isLoading,
            hasLooked: hasLooked)
        #expect(found == verdict)
    }

    @Test func `a poller that is ahead gets the delta after one look, and one that is not costs none`() async throws {
        let looks = cluster.state.withLock { $0.looks }
        #expect(try await answer(3, "e1").isEmpty)
        #expect(try await answer(1, "e1").entries.count == 2)
        #expect(try await answer(nil, nil).entries.count == 3)
        #expect(cluster.state.withLock { $0.looks } == looks)
        write(2)
        let reading = try await answer(5, "e1")
        #expect(reading.after == 5 && reading.sequence == 5 && reading.isEmpty)
        #expect(cluster.state.withLock { $0.looks } == looks + 1)
    }

    @Test func `without an answer of the database, who is ahead is refused and the others are not`() async throws {
        write(1)
        cluster.state.withLock { $0.answers = false }
        await #expect(throws: refused) { try await answer(4, "e1") }
        await #expect(throws: refused) { try await answer(3, "e2") }
        await #expect(throws: refused) { try await feed.prepare(for: RevocationQuery(after: 4, epoch: "e1")) }
        #expect(try await answer(3, "e1").isEmpty)
        #expect(try await answer(nil, nil).sequence == 3)
    }

    @Test func `what no database has is refused, and another epoch gets everything`() async throws {
        await #expect(throws: refused) { try await answer(1 << 40, "e1") }
        let reading = try await answer(1 << 40, "e0")
        #expect(reading.after == 0 && reading.entries.count == 3 && reading.epoch == "e1")
    }

    @Test func `the time of a document is that of the last check, and its name has the node in it`() async throws {
        #expect(try await answer(nil, nil).now == Timestamp(seconds: 1_795_420_800))
        advance(7)
        #expect(try await answer(nil, nil).now == Timestamp(seconds: 1_795_420_800))
        cluster.look()
        let reading = try await answer(nil, nil)
        #expect(reading.now == Timestamp(seconds: 1_795_420_807))
        #expect(reading.name.hasSuffix("-a1"))
        #expect(feed.standing()?.now == reading.now && feed.standing()?.stamp == reading.stamp)
    }

    @Test func `an entry stays until the database's clock has passed its end, whatever the node's clock says`()
        async throws
    {
        advance(419)
        cluster.look()
        #expect(try await answer(nil, nil).entries.count == 3)
        advance(1)
        cluster.look()
        #expect(try await answer(nil, nil).isEmpty)
    }

    @Test func `another epoch has the list loaded again, and nobody gets an answer before`() async throws {
        let loop = Task { [feed] in try await feed.run() }
        cluster.state.withLock { state in
            state.epoch = "e2"
            state.stored.removeLast()
            state.published = 2
        }
        // The check alone; what was loaded comes later.
        cluster.look()
        try await eventually("the new list is there") {
            (try? await answer(nil, nil).epoch) == "e2"
        }
        #expect(cluster.state.withLock { $0.loads } == 2)
        let reading = try await answer(3, "e1")
        #expect(reading.after == 0 && reading.sequence == 2 && reading.epoch == "e2")
        loop.cancel()
        _ = await loop.result
    }

    @Test func `until the list of the new epoch is there, documents and verdicts are refused`() async throws {
        cluster.state.withLock { $0.epoch = "e2" }
        cluster.look()
        await #expect(throws: refused) { try await answer(nil, nil) }
        await #expect(throws: refused) { try await answer(3, "e1") }
        #expect(throws: refused) { try feed.requireRecent() }
        #expect(feed.standing() == nil)
        feed.restarted(
            epoch: "e2", sequence: 9, records: cluster.state.withLock { $0.stored })
        #expect(try await answer(nil, nil).epoch == "e2")
        #expect(try await answer(9, "e2").isEmpty)
        #expect(throws: Never.self) { try feed.requireRecent() }
    }

    @Test func `an entry that cannot be read ends held polls and every answer, until the list could be loaded`()
        async throws
    {
        let query = RevocationQuery(after: 3, epoch: "e1")
        // Nobody looks for polls whose time is up: only the news ends this one.
        async let held: Void = feed.wait(query, seconds: .seconds(60), address: "192.0.2.1")
        try await eventually("a poll is held") { feed.waiting == 1 }
        feed.unreadable()
        await held
        for epoch in [nil, "e1", "e2"] { await #expect(throws: refused) { try await answer(3, epoch) } }
        #expect(throws: refused) { try feed.requireRecent() }
        #expect(feed.standing() == nil)
        let loop = Task { [feed] in try await feed.run() }
        write(1)
        cluster.look()
        try await eventually("it is loaded") { (try? await answer(3, "e1").entries.count) == 1 }
        loop.cancel()
        _ = await loop.result
    }

    @Test func `a list that lacks an entry is loaded again, although later ones arrive`() async throws {
        // The node is said to have published 5, and was told of 3.
        cluster.state.withLock { $0.published = 5 }
        cluster.look()
        await #expect(throws: refused) { try await answer(nil, nil) }
        write(3)
        cluster.look()
        await #expect(throws: refused) { try await answer(nil, nil) }
        let loop = Task { [feed] in try await feed.run() }
        try await eventually("it is loaded") { (try? await answer(nil, nil).entries.count) == 6 }
        loop.cancel()
        _ = await loop.result
    }

    @Test func `what arrives while the list is loaded is in it`() async throws {
        let cluster = Cluster()
        let clock = Clock.wall
        let feed = RevocationFeed(settings: Settings(issuer: "https://auth.example.com"), clock: clock)
        cluster.state.withLock { $0.feed = feed }
        let record = RevocationRecord(
            entry: RevocationEntry(
                sequence: 1, target: .token(.generate()), expiresAt: clock.now() + .seconds(420)),
            revokedAt: clock.now(), reason: .logout, note: nil, actor: .system)
        let following = FollowedList(
            node: "a1", age: { .zero }, catchUp: { _ in cluster.catchUp() },
            load: { _ in
                let before = cluster.load()
                cluster.state.withLock { $0.stored = [record] }
                cluster.look()
                return before
            })
        try await feed.start(following: following, expiryClock: ExpiryClock(clock, floor: nil))
        #expect(feed.sequence == 1 && feed.liveEntries == 1)
    }

    @Test func `a long poll ends when another epoch begins`() async throws {
        let query = RevocationQuery(after: 3, epoch: "e1")
        async let held: Void = feed.wait(query, seconds: .seconds(60), address: "a")
        try await eventually("a poll is held") { feed.waiting > 0 }
        // The same seq as before.
        cluster.state.withLock { $0.epoch = "e2" }
        feed.restarted(epoch: "e2", sequence: 3, records: cluster.state.withLock { $0.stored })
        cluster.look()
        await held
        #expect(try await feed.answer(to: query).epoch == "e2")
    }

    @Test(arguments: [(0, true), (5, true), (5001, false), (3_600_000, false)] as [(Int64, Bool)])
    func `tokens are judged for five seconds after the last look`(milliseconds: Int64, isRecent: Bool) {
        let age: Duration = milliseconds > 5 ? .milliseconds(milliseconds) : .seconds(milliseconds)
        cluster.state.withLock { $0.age = age }
        if isRecent {
            #expect(throws: Never.self) { try feed.requireRecent() }
        } else {
            #expect(throws: refused) { try feed.requireRecent() }
        }
    }
}

/// What nodes tell one another of pollers.
struct ConsumerNewsTests {
    private let start = Timestamp(seconds: 1_795_420_800)

    private func told(
        _ name: String, _ acknowledged: Int64?, seen: Int64, leftAt: Int64? = nil, epoch: String = "e"
    ) -> SharedConsumer {
        SharedConsumer(
            name: name, address: "a", epoch: epoch, acknowledged: acknowledged, firstSeen: start,
            lastSeen: start + .seconds(seen), rhythm: .seconds(3), leftAt: leftAt.map { start + .seconds($0) })
    }

    private func list(_ consumers: RevocationConsumers) -> [ConsumerStatus] {
        var copy = consumers
        return copy.list(sequence: 10, patience: .seconds(60), now: start + .seconds(50))
    }

    @Test func `the greatest acknowledged of all nodes counts, in the same epoch`() {
        var consumers = RevocationConsumers()
        consumers.news = ConsumerNews()
        consumers.note("orders", acknowledged: 5, address: "a", now: start)
        consumers.merge([told("orders", 7, seen: 20), told("billing", 3, seen: 20)], epoch: "e")
        #expect(list(consumers).map(\.acknowledged) == [3, 7])
        #expect(list(consumers).map(\.lastSeen) == [start + .seconds(20), start + .seconds(20)])
        consumers.merge([told("orders", 4, seen: 10), told("orders", 9, seen: 10, epoch: "old")], epoch: "e")
        #expect(list(consumers).last?.acknowledged == 7)
    }

    @Test func `who has left is forgotten, unless it was seen since`() {
        var consumers = RevocationConsumers()
        consumers.note("orders", acknowledged: 5, address: "a", now: start + .seconds(10))
        consumers.merge([told("orders", 5, seen: 5, leftAt: 9)], epoch: "e")
        #expect(list(consumers).count == 1)
        consumers.merge([told("orders", 5, seen: 10, leftAt: 10)], epoch: "e")
        #expect(list(consumers).isEmpty)
        consumers.merge([told("orders", 6, seen: 11, leftAt: 10)], epoch: "e")
        #expect(list(consumers).map(\.acknowledged) == [6])
    }

    @Test func `who was forgotten while the others were asked does not come back with their answer`() {
        var consumers = RevocationConsumers()
        consumers.news = ConsumerNews()
        consumers.note("orders", acknowledged: 5, address: "a", now: start + .seconds(10))
        _ = consumers.takeNews()
        #expect(consumers.forget("orders", address: nil, now: start + .seconds(10)) == 1)
        consumers.merge([told("orders", 5, seen: 10)], epoch: "e")
        #expect(list(consumers).isEmpty)
        // Elsewhere it was seen after that.
        consumers.merge([told("orders", 6, seen: 11)], epoch: "e")
        #expect(list(consumers).map(\.acknowledged) == [6])
    }

    @Test func `news are told once, and again when they could not be told`() {
        var consumers = RevocationConsumers()
        consumers.news = ConsumerNews()
        consumers.note("orders", acknowledged: 5, address: "a", now: start)
        consumers.note("billing", acknowledged: nil, address: "a", now: start)
        #expect(consumers.forget("billing", address: "a", now: start + .seconds(1)) == 1)
        let news = consumers.takeNews()
        let changes = consumers.changes(news, epoch: "e", now: start).changed.sorted { $0.name < $1.name }
        #expect(changes.map(\.name) == ["billing", "orders"])
        #expect(changes.map(\.leftAt) == [start + .seconds(1), nil])
        #expect(consumers.changes(consumers.takeNews(), epoch: "e", now: start).changed.isEmpty)
        consumers.news?.add(news)
        #expect(consumers.changes(consumers.takeNews(), epoch: "e", now: start).changed.count == 2)
        // What others told is no news.
        consumers.merge([told("third", 1, seen: 1)], epoch: "e")
        #expect(consumers.changes(consumers.takeNews(), epoch: "e", now: start).changed.isEmpty)
    }

    @Test func `the table stays bounded whatever other nodes tell, and says whom nobody needs to keep`() {
        var consumers = RevocationConsumers()
        consumers.news = ConsumerNews()
        consumers.merge((0..<1500).map { told("n\($0)", 1, seen: 1) }, epoch: "e")
        #expect(list(consumers).count == RevocationConsumers.capacity)
        #expect(consumers.changes(consumers.takeNews(), epoch: "e", now: start).displaced.count == 500)
    }

    @Test func `a node alone keeps no news`() {
        var consumers = RevocationConsumers()
        consumers.note("orders", acknowledged: 5, address: "a", now: start)
        #expect(consumers.news == nil)
    }
}
