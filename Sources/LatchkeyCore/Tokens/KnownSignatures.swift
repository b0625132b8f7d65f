import LatchkeyTokens
import Synchronization

/// Tokens whose signature held, by their whole text: services ask about the same token again and again while it lives, and
/// a signature costs more than everything else that is asked.
///
/// Kept is what cannot change: these bytes were signed by a key of this state of the key ring, and say this. Expiry,
/// revocation and the like are judged anew at each use, and a change of the keys forgets everything. Who sends forged
/// or ever new tokens pays for each of them; only genuine ones take a place.
final class KnownSignatures: Sendable {
    /// Tokens of a generation: two of them are kept, about two KiB a token.
    private static let capacity = 2048

    private struct State {
        /// Of the key table.
        var keys: Int64 = -1
        /// Used since the last change of generations.
        var recent: [Text: SignedToken] = [:]
        /// Used in the generation before; whoever is not used again goes with it.
        var older: [Text: SignedToken] = [:]

        mutating func remember(_ token: SignedToken, _ text: Text) {
            if recent.count >= KnownSignatures.capacity {
                older = recent
                recent = [:]
            }
            recent[text] = token
        }
    }

    /// Equal by every byte.
    private struct Text: Hashable {
        let bytes: [UInt8]

        /// By the last bytes alone, which in every token that is kept are a signature's: none of its kind is chosen by
        /// whoever asks, and hashing all of it would take longer than comparing it.
        func hash(into hasher: inout Hasher) {
            for byte in bytes.suffix(24) { hasher.combine(byte) }
        }
    }

    private let state = Mutex(State())

    /// The token of this text, verified now unless it was before, under the same keys.
    /// - Parameter keys: version of the key table that `verify` uses.
    /// - Throws: what `verify` throws; nothing is kept then.
    func token(_ text: String, keys: Int64, verify: () throws -> SignedToken) throws -> SignedToken {
        let text = Text(bytes: Array(text.utf8))
        let known = state.withLock { state -> SignedToken? in
            guard state.keys == keys else { return nil }
            if let token = state.recent[text] { return token }
            guard let token = state.older[text] else { return nil }
            state.remember(token, text)
            return token
        }
        if let known { return known }
        let token = try verify()
        state.withLock { state in
            // Who still holds the keys of before the change must not speak for those of after it.
            guard keys >= state.keys else { return }
            if keys > state.keys { state = State(keys: keys) }
            state.remember(token, text)
        }
        return token
    }
}
