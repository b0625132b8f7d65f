import LatchkeyTokens
import Synchronization

/// Recently minted tokens for upstreams, in memory: a page with thirty pictures costs one signature. Holds at most
/// ``capacity`` tokens, each for ``lifetime``. A caller must verify a token that it takes out: it may have been
/// revoked.
final class MintedTokens: Sendable {
    static let lifetime: Duration = .seconds(20)
    static let capacity = 4096

    /// Everything that a token says: if any of it changes, another token is needed.
    struct Key: Hashable {
        let session: SessionID
        let scope: Scope
        let roles: [String]
        let audience: [String]
        /// The expiry of the credential that it was minted for.
        let notAfter: Timestamp?
    }

    private struct Entry {
        let text: String
        let keptAt: Timestamp
    }

    private let entries = Mutex<[Key: Entry]>([:])

    /// The token, if it was kept less than ``lifetime`` ago.
    func text(_ key: Key, now: Timestamp) -> String? {
        entries.withLock { entries in
            guard let entry = entries[key] else { return nil }
            guard Self.isFresh(entry, now) else {
                entries[key] = nil
                return nil
            }
            return entry.text
        }
    }

    /// Keeps a token. When there is no room, old ones are dropped, and if all are fresh, all of them.
    func keep(_ text: String, _ key: Key, now: Timestamp) {
        entries.withLock { entries in
            if entries.count >= Self.capacity {
                entries = entries.filter { Self.isFresh($0.value, now) }
                if entries.count >= Self.capacity { entries.removeAll() }
            }
            entries[key] = Entry(text: text, keptAt: now)
        }
    }

    /// A clock that went backwards makes everything old.
    private static func isFresh(_ entry: Entry, _ now: Timestamp) -> Bool {
        now >= entry.keptAt && now - entry.keptAt < lifetime
    }
}
