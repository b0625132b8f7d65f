import LatchkeyBytes
package import LatchkeyTokens

/// A browser session's token on its way to a browser: a secret that prints as `<redacted>`.
package struct BrowserSessionTokenString: SecretValue {
    /// `lkb_` and 60 base64url characters.
    package let text: String
}

/// The content of a browser session's cookie, opaque to everything but this server and derived, so that the database
/// holds neither the token nor its hash.
///
/// `lkb_` ‖ base64url of 45 bytes: format version 1 (high four bits) and master-key slot (low four) ‖ session id (16) ‖
/// generation (4, big-endian) ‖ tag (24). tag = first 24 bytes of HMAC-SHA256 under HKDF(master key, salt: session nonce,
/// info: "browser-session" ‖ session id) over the bytes before it. The label differs from those of ``RefreshToken`` and
/// ``SessionToken``: none works as another.
package struct BrowserSessionToken: Sendable, Equatable {
    package static let prefix = "lkb_"
    private static let tagByteCount = 24
    private static let headByteCount = 1 + 16 + 4
    private static let formatVersion: UInt8 = 1
    private static let textLength = 4 + 60

    package let slot: UInt8
    package let session: SessionID
    /// Grows with each new proof of the same user.
    package let generation: UInt32
    private let tag: [UInt8]

    /// Checks only the form, without I/O: length, prefix, alphabet, version.
    package init?(_ text: String) {
        guard text.utf8.count == Self.textLength, text.beginsWithBytes(of: Self.prefix),
            let bytes = Base64URL.decode(Array(text.utf8)[Self.prefix.utf8.count...]),
            bytes.count == Self.headByteCount + Self.tagByteCount, bytes[0] >> 4 == Self.formatVersion,
            let session = SessionID(bytes: Array(bytes[1..<17]))
        else { return nil }
        slot = bytes[0] & 0x0f
        self.session = session
        generation = bytes[17..<21].reduce(0) { $0 << 8 | UInt32($1) }
        tag = Array(bytes[Self.headByteCount...])
    }

    /// Compares the tag in constant time. False when the slot is no longer in the ring.
    package func isAuthentic(nonce: [UInt8], keys: MasterKeyRing) -> Bool {
        let head = Self.head(slot: slot, session: session, generation: generation)
        guard let expected = Self.tag(head, slot: slot, session: session, nonce: nonce, keys: keys) else {
            return false
        }
        return ConstantTime.equal(expected, tag)
    }

    /// Derives the token of a session's generation with the current master key.
    package static func derive(
        session: SessionID, generation: UInt32, nonce: [UInt8], keys: MasterKeyRing
    ) throws -> BrowserSessionTokenString {
        let slot = keys.currentSlot
        let head = head(slot: slot, session: session, generation: generation)
        guard let tag = tag(head, slot: slot, session: session, nonce: nonce, keys: keys) else {
            throw MasterKeyFault("The current master-key slot \(slot) is empty.")
        }
        return BrowserSessionTokenString(text: prefix + Base64URL.string(head + tag))
    }

    private static func head(slot: UInt8, session: SessionID, generation: UInt32) -> [UInt8] {
        [formatVersion << 4 | slot] + session.bytes
            + [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: generation >> UInt32($0)) }
    }

    private static func tag(
        _ head: [UInt8], slot: UInt8, session: SessionID, nonce: [UInt8], keys: MasterKeyRing
    ) -> [UInt8]? {
        guard let key = keys.deriveHash(.browserSession, slot: slot, salt: nonce, context: session.bytes) else {
            return nil
        }
        return Array(key.code(for: head).prefix(tagByteCount))
    }
}
