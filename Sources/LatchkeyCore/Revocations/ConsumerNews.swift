package import LatchkeyTokens
import Synchronization

/// A consumer of the revocation list: the same name from several addresses counts as several.
struct ConsumerKey: Hashable, Sendable {
    let name: String
    let address: String
}

/// What a node knows of a consumer, as nodes tell it one another.
package struct SharedConsumer: Sendable, Equatable {
    package let name: String
    package let address: String
    /// Of the log with this epoch.
    package let epoch: String
    package let acknowledged: Int64?
    package let firstSeen: Timestamp
    package let lastSeen: Timestamp
    /// The longest recent time between two sightings by the node that saw it last.
    package let rhythm: Duration
    /// When it last left; it is back when it was seen later.
    package let leftAt: Timestamp?

    package init(
        name: String, address: String, epoch: String, acknowledged: Int64?, firstSeen: Timestamp,
        lastSeen: Timestamp, rhythm: Duration, leftAt: Timestamp?
    ) {
        self.name = name
        self.address = address
        self.epoch = epoch
        self.acknowledged = acknowledged
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
        self.rhythm = rhythm
        self.leftAt = leftAt
    }
}

/// What a node tells the others about consumers.
package struct ConsumerChanges: Sendable {
    /// Seen here, or left here, since the last time.
    package let changed: [SharedConsumer]
    /// Pushed out of a full table: nobody needs to keep them.
    package let displaced: [(name: String, address: String)]
    /// Who was last seen before this instant is forgotten.
    package let oldest: Timestamp
}

/// What other nodes have not been told yet.
struct ConsumerNews {
    var changed: Set<ConsumerKey> = []
    var displaced: Set<ConsumerKey> = []
    var left: [ConsumerKey: Timestamp] = [:]

    mutating func add(_ older: ConsumerNews) {
        changed.formUnion(older.changed)
        displaced.formUnion(older.displaced)
        left.merge(older.left) { max($0, $1) }
    }
}

extension RevocationConsumers {
    /// Takes what is to be told, and notes it as told.
    mutating func takeNews() -> ConsumerNews {
        let taken = news ?? ConsumerNews()
        news = ConsumerNews()
        return taken
    }

    func changes(_ news: ConsumerNews, epoch: String, now: Timestamp) -> ConsumerChanges {
        let changed = news.changed.union(news.left.keys).compactMap { key -> SharedConsumer? in
            let leftAt = news.left[key]
            guard let row = rows[key] ?? leftAt.map({ Row(firstSeen: $0, lastSeen: $0) }) else { return nil }
            return SharedConsumer(
                name: key.name, address: key.address, epoch: epoch, acknowledged: row.acknowledged,
                firstSeen: row.firstSeen, lastSeen: row.lastSeen, rhythm: row.rhythm, leftAt: leftAt)
        }
        return ConsumerChanges(
            changed: changed,
            // One that was pushed out and has come back is kept.
            displaced: news.displaced.filter { rows[$0] == nil }.map { ($0.name, $0.address) },
            oldest: now - Self.memory)
    }

    /// Adds what all nodes know.
    ///
    /// | here | there | afterwards |
    /// | --- | --- | --- |
    /// | any | left, and not seen since | forgotten, unless it was seen here since |
    /// | left since the others were asked | known | forgotten; the others hear of it next |
    /// | unknown | known | known |
    /// | known | known | the greatest acknowledged, the earliest first sighting, the latest last one with its rhythm |
    mutating func merge(_ known: [SharedConsumer], epoch: String) {
        for other in known {
            let key = ConsumerKey(name: other.name, address: other.address)
            if let leftAt = news?.left[key], other.lastSeen <= leftAt { continue }
            let acknowledged = other.epoch.utf8.elementsEqual(epoch.utf8) ? other.acknowledged : nil
            if let leftAt = other.leftAt, other.lastSeen <= leftAt {
                if let row = rows[key], row.lastSeen <= leftAt { set(key, to: nil) }
                continue
            }
            guard var row = rows[key] else {
                set(
                    key,
                    to: Row(
                        acknowledged: acknowledged, firstSeen: other.firstSeen, lastSeen: other.lastSeen,
                        rhythm: other.rhythm))
                continue
            }
            if let acknowledged { row.acknowledged = max(acknowledged, row.acknowledged ?? 0) }
            row.firstSeen = min(row.firstSeen, other.firstSeen)
            if other.lastSeen > row.lastSeen { (row.lastSeen, row.rhythm) = (other.lastSeen, other.rhythm) }
            set(key, to: row)
        }
    }
}

extension RevocationFeed {
    /// Tells the other nodes which consumers were seen here since the last time, and hears which were seen there.
    func exchangeConsumers(with store: any SharedStore) async throws {
        let now = clock.now()
        let (news, changes) = state.withLock { state in
            let news = state.consumers.takeNews()
            return (news, state.consumers.changes(news, epoch: state.epoch, now: now))
        }
        do {
            let known = try await store.exchange(changes)
            state.withLock { $0.consumers.merge(known, epoch: $0.epoch) }
        } catch {
            state.withLock { $0.consumers.news?.add(news) }
            throw error
        }
    }
}
