import Crypto
import LatchkeyTokens
import Synchronization

/// Tokens whose signature held, by the digest of their whole text: services ask about the same token again and again
/// while it lives, and a signature costs more than everything else that is asked.
///
/// Kept is what cannot change: these bytes were signed by a key of this state of the key ring, and say this. Expiry,
/// revocation and the like are judged anew at each use, and a change of the keys forgets everything. Who sends forged
/// or ever new tokens pays for each of them; only genuine ones take a place.
final class KnownSignatures: Sendable {
    /// Tokens of a generation: two of them are kept, about a KiB a token.
    private static let capacity = 2048

    private struct State {
        /// Of the key table.
        var keys: Int64 = -1
        /// Used since the last change of generations.
        var recent: [SHA256Digest: SignedToken] = [:]
        /// Used in the generation before; whoever is not used again goes with it.
        var older: [SHA256Digest: SignedToken] = [:]

        mutating func remember(_ token: SignedToken, _ digest: SHA256Digest) {
            if recent.count >= KnownSignatures.capacity {
                older = recent
                recent = [:]
            }
            recent[digest] = token
        }
    }

    private let state = Mutex(State())

    /// The token of this text, verified now unless it was before, under the same keys.
    /// - Parameter keys: version of the key table that `verify` uses.
    /// - Throws: what `verify` throws; nothing is kept then.
    func token(_ text: String, keys: Int64, verify: () throws -> SignedToken) throws -> SignedToken {
        let digest = SHA256.hash(data: Array(text.utf8))
        let known = state.withLock { state -> SignedToken? in
            guard state.keys == keys else { return nil }
            if let token = state.recent[digest] { return token }
            guard let token = state.older[digest] else { return nil }
            state.remember(token, digest)
            return token
        }
        if let known { return known }
        let token = try verify()
        state.withLock { state in
            // Who still holds the keys of before the change must not speak for those of after it.
            guard keys >= state.keys else { return }
            if keys > state.keys { state = State(keys: keys) }
            state.remember(token, digest)
        }
        return token
    }
}
