import Crypto
import LatchkeyBytes
package import LatchkeyTokens

/// The content of the start cookie: which sign-in this browser began, and where it wants to go afterwards. The callback
/// accepts no code whose state is not in it, so a link cannot sign a user in as somebody else.
///
/// `lkt_` ‖ base64url of: format version 1 and master-key slot (1) ‖ expiry in Unix seconds (8, big-endian) ‖ state
/// (32, random) ‖ tag (24) ‖ client id, redirect URI and path, separated by line feeds. The tag is HMAC-SHA256 under
/// HKDF(master key, info: "session-start") over everything else.
package struct StartTicket: Sendable, Equatable {
    /// How long a sign-in may take.
    package static let lifetime: Duration = .seconds(600)
    private static let prefix = "lkt_"
    private static let formatVersion: UInt8 = 1
    private static let stateByteCount = 32
    private static let tagByteCount = 24
    private static let headByteCount = 1 + 8 + stateByteCount
    /// Browsers keep at most 4096 bytes of name and value.
    private static let maximumLength = 4000

    package let client: ClientID
    package let redirectURI: String
    package let returnTo: LocalPath
    package let expiresAt: Timestamp
    private let stateBytes: [UInt8]

    /// A new sign-in with a random state.
    package init(client: ClientID, redirectURI: String, returnTo: LocalPath, now: Timestamp) {
        self.client = client
        self.redirectURI = redirectURI
        self.returnTo = returnTo
        expiresAt = Timestamp(seconds: (now + Self.lifetime).seconds)
        stateBytes = RandomBytes.make(Self.stateByteCount)
    }

    /// The `state` that goes to the login page and comes back: 43 characters.
    package var state: String { Base64URL.string(stateBytes) }

    /// The `code_verifier` (RFC 7636) of the sign-in with this state. Only this server can compute it, so a code that is
    /// seen together with its state cannot be redeemed elsewhere.
    static func verifier(ofState state: String, keys: MasterKeyRing) throws -> String {
        guard let key = keys.derive(.sessionStart, context: Array("verifier".utf8)) else {
            throw MasterKeyFault("The current master-key slot is empty.")
        }
        return Base64URL.string(Array(HMAC<SHA256>.authenticationCode(for: Array(state.utf8), using: key)))
    }

    /// The challenge of ``verifier(ofState:keys:)``.
    package func challenge(keys: MasterKeyRing) throws -> String {
        CodeChallenge.s256(try Self.verifier(ofState: state, keys: keys))
    }

    /// In constant time.
    package func hasState(_ text: String) -> Bool {
        ConstantTime.equal(Array(text.utf8), Array(state.utf8))
    }

    /// The cookie's value.
    package func sealed(keys: MasterKeyRing) throws -> String {
        let slot = keys.currentSlot
        let head =
            [Self.formatVersion << 4 | slot]
            + (0..<8).map { UInt8(truncatingIfNeeded: expiresAt.seconds >> (56 - 8 * $0)) } + stateBytes
        let rest = Array("\(client)\n\(redirectURI)\n\(returnTo)".utf8)
        guard let tag = Self.tag(head + rest, slot: slot, keys: keys) else {
            throw MasterKeyFault("The current master-key slot \(slot) is empty.")
        }
        return Self.prefix + Base64URL.string(head + tag + rest)
    }

    /// Nil for everything but a cookie value of ours that has not expired.
    package init?(_ text: String, keys: MasterKeyRing, now: Timestamp) {
        guard text.utf8.count <= Self.maximumLength, text.beginsWithBytes(of: Self.prefix),
            let bytes = Base64URL.decode(Array(text.utf8.dropFirst(Self.prefix.utf8.count))),
            bytes.count > Self.headByteCount + Self.tagByteCount, bytes[0] >> 4 == Self.formatVersion
        else { return nil }
        let head = Array(bytes[..<Self.headByteCount])
        let tag = Array(bytes[Self.headByteCount...].prefix(Self.tagByteCount))
        let rest = Array(bytes[(Self.headByteCount + Self.tagByteCount)...])
        guard let expected = Self.tag(head + rest, slot: bytes[0] & 0x0f, keys: keys),
            ConstantTime.equal(expected, tag)
        else { return nil }
        let seconds = head[1..<9].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        let parts = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard now < Timestamp(seconds: seconds), parts.count == 3, let client = ClientID(parts[0]),
            let returnTo = LocalPath(parts[2])
        else { return nil }
        self.client = client
        redirectURI = parts[1]
        self.returnTo = returnTo
        expiresAt = Timestamp(seconds: seconds)
        stateBytes = Array(head[9...])
    }

    private static func tag(_ bytes: [UInt8], slot: UInt8, keys: MasterKeyRing) -> [UInt8]? {
        guard let key = keys.derive(.sessionStart, slot: slot) else { return nil }
        return Array(HMAC<SHA256>.authenticationCode(for: bytes, using: key).prefix(tagByteCount))
    }
}
