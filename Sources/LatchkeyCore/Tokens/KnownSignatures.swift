import LatchkeyTokens
import Synchronization

/// Tokens whose signature was valid, by their whole text: services ask about the same token repeatedly while it lives,
/// and verifying the signature costs more than all other checks.
///
/// It keeps only what cannot change: these bytes were signed by a key of this state of the key ring, and have this
/// content. Expiry, revocation and the like are checked again at each use, and a change of the keys clears everything.
/// A client that sends forged or always new tokens pays for each of them; only genuine ones take a place.
final class KnownSignatures: Sendable {
    /// Tokens per generation. Two generations are kept, about two KiB a token.
    private static let capacity = 2048

    private struct State {
        /// The version of the key table.
        var keys: Int64 = -1
        /// Used since the last change of generations.
        var recent: [Text: SignedToken] = [:]
        /// Used in the previous generation; a token that is not used again is dropped with it.
        var older: [Text: SignedToken] = [:]

        mutating func remember(_ token: SignedToken, _ text: Text) {
            if recent.count >= KnownSignatures.capacity {
                older = recent
                recent = [:]
            }
            recent[text] = token
        }
    }

    /// Equal if every byte is equal.
    private struct Text: Hashable {
        let bytes: [UInt8]

        /// Hashes only the last bytes. In every kept token they belong to a signature, so a caller cannot choose them,
        /// and hashing the whole text would take longer than comparing it.
        func hash(into hasher: inout Hasher) {
            for byte in bytes.suffix(24) { hasher.combine(byte) }
        }
    }

    private let state = Mutex(State())

    /// The token of this text. It is verified now unless it was verified before, under the same keys.
    /// - Parameter keys: version of the key table that `verify` uses.
    /// - Throws: the errors of `verify`; nothing is kept then.
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
            // A caller that still holds the previous keys must not vouch for those after the change.
            guard keys >= state.keys else { return }
            if keys > state.keys { state = State(keys: keys) }
            state.remember(token, text)
        }
        return token
    }
}
