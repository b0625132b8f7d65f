package import LatchkeyTokens

/// A refresh token on its way to a client: a secret that prints as `<redacted>`.
package struct RefreshTokenString: SecretValue {
    /// `lkr_` and 60 base64url characters.
    package let text: String
}

/// The refresh-token format. Tokens are opaque to everything but this server. They are derived, so that the database
/// holds neither a token nor its hash, and a lost response can be sent again.
///
/// `lkr_` ‖ base64url of 45 bytes: format version 1 (high four bits) and master-key slot (low four) ‖ session id (16) ‖
/// generation (4, big-endian) ‖ tag (24). tag = first 24 bytes of HMAC-SHA256 under
/// HKDF(master key, salt: session nonce, info: "refresh" ‖ session id) over the bytes before it: 192 bits, which RFC
/// 6749 10.10 asks to be unguessable.
package struct RefreshToken: Sendable, Equatable {
    package static let prefix = "lkr_"
    package static let nonceByteCount = 16
    fileprivate static let tagByteCount = 24
    private static let formatVersion: UInt8 = 1
    private static let textLength = 4 + 60

    package let slot: UInt8
    package let session: SessionID
    package let generation: UInt32
    private let tag: [UInt8]

    /// Checks only the form, without I/O: length, prefix, alphabet, version, generation not 0.
    package init?(_ text: String) {
        guard text.utf8.count == Self.textLength, text.beginsWithBytes(of: Self.prefix),
            let bytes = Base64URL.decode(Array(text.utf8)[Self.prefix.utf8.count...]), bytes.count == 45,
            bytes[0] >> 4 == Self.formatVersion, let session = SessionID(bytes: Array(bytes[1..<17]))
        else { return nil }
        let generation =
            UInt32(bytes[17]) << 24 | UInt32(bytes[18]) << 16 | UInt32(bytes[19]) << 8 | UInt32(bytes[20])
        guard generation > 0 else { return nil }
        self.slot = bytes[0] & 0x0f
        self.session = session
        self.generation = generation
        self.tag = Array(bytes[21...])
    }

    /// Compares the tag in constant time. False when the slot is no longer in the ring.
    package func isAuthentic(nonce: [UInt8], keys: MasterKeyRing) -> Bool {
        RefreshTokenKey(slot: slot, session: session, nonce: nonce, keys: keys)?.isAuthentic(self) ?? false
    }

    /// Derives the token of one generation with the current master key.
    package static func derive(
        session: SessionID, generation: UInt32, nonce: [UInt8], keys: MasterKeyRing
    ) throws -> RefreshTokenString {
        let slot = keys.currentSlot
        guard let key = RefreshTokenKey(slot: slot, session: session, nonce: nonce, keys: keys) else {
            throw MasterKeyFault("The current master-key slot \(slot) is empty.")
        }
        return key.token(generation: generation)
    }

    fileprivate static func head(slot: UInt8, session: SessionID, generation: UInt32) -> [UInt8] {
        var head: [UInt8] = []
        head.reserveCapacity(21)
        head.append(formatVersion << 4 | slot)
        head.append(contentsOf: session.bytes)
        for shift: UInt32 in [24, 16, 8, 0] { head.append(UInt8(truncatingIfNeeded: generation >> shift)) }
        return head
    }

    /// Whether the tag is `expected`; looks at every byte, whichever differs.
    fileprivate func hasTag(_ expected: [UInt8]) -> Bool {
        var difference: UInt8 = 0
        for (a, b) in zip(expected, tag) { difference |= a ^ b }
        return difference == 0 && expected.count == tag.count
    }

    fileprivate static func text(_ head: [UInt8], _ tag: [UInt8]) -> String {
        var text = Array(prefix.utf8)
        Base64URL.append(head + tag, to: &text)
        return String(decoding: text, as: UTF8.self)
    }
}

/// The key that tags the tokens of one session under one master key. Deriving it costs more than a tag, so a refresh
/// derives it once, for the token that it checks and the one that it issues.
package struct RefreshTokenKey: Sendable {
    let slot: UInt8
    private let session: SessionID
    private let key: KeyedHash

    /// Nil when the slot is not in the ring.
    init?(slot: UInt8, session: SessionID, nonce: [UInt8], keys: MasterKeyRing) {
        guard let key = keys.deriveHash(.refresh, slot: slot, salt: nonce, context: session.bytes) else { return nil }
        self.slot = slot
        self.session = session
        self.key = key
    }

    /// Compares the tag in constant time.
    func isAuthentic(_ token: RefreshToken) -> Bool {
        token.slot == slot && token.session == session && token.hasTag(tag(head(token.generation)))
    }

    func token(generation: UInt32) -> RefreshTokenString {
        let head = head(generation)
        return RefreshTokenString(text: RefreshToken.text(head, tag(head)))
    }

    private func head(_ generation: UInt32) -> [UInt8] {
        RefreshToken.head(slot: slot, session: session, generation: generation)
    }

    private func tag(_ head: [UInt8]) -> [UInt8] {
        Array(key.code(for: head).prefix(RefreshToken.tagByteCount))
    }
}
