import LatchkeyBytes
package import LatchkeyTokens

/// A session token on its way to a browser: a secret that prints as `<redacted>`.
package struct SessionTokenString: SecretValue {
    /// `lks_` and 55 base64url characters.
    package let text: String
}

/// The content of a server session's cookie. It is opaque to everything but this server. It is derived, so that the
/// database holds neither the token nor its hash.
///
/// `lks_` ‖ base64url of 41 bytes: format version 1 (high four bits) and master-key slot (low four) ‖ session id (16) ‖
/// tag (24). tag = first 24 bytes of HMAC-SHA256 under HKDF(master key, salt: session nonce, info: "session" ‖ session
/// id) over the bytes before it. The label differs from that of ``RefreshToken``: neither works as the other.
package struct SessionToken: Sendable, Equatable {
    package static let prefix = "lks_"
    private static let tagByteCount = 24
    private static let byteCount = 1 + 16 + tagByteCount
    private static let formatVersion: UInt8 = 1
    private static let textLength = 4 + 55

    package let slot: UInt8
    package let session: SessionID
    private let tag: [UInt8]

    /// Checks only the form, without I/O: length, prefix, alphabet, version.
    package init?(_ text: String) {
        guard text.utf8.count == Self.textLength, text.beginsWithBytes(of: Self.prefix),
            let bytes = Base64URL.decode(Array(text.utf8)[Self.prefix.utf8.count...]),
            bytes.count == Self.byteCount,
            bytes[0] >> 4 == Self.formatVersion, let session = SessionID(bytes: Array(bytes[1..<17]))
        else { return nil }
        slot = bytes[0] & 0x0f
        self.session = session
        tag = Array(bytes[17...])
    }

    /// Compares the tag in constant time. False when the slot is no longer in the ring.
    package func isAuthentic(nonce: [UInt8], keys: MasterKeyRing) -> Bool {
        guard let expected = Self.tag(slot: slot, session: session, nonce: nonce, keys: keys) else { return false }
        return ConstantTime.equal(expected, tag)
    }

    /// Derives the token of a session with the current master key.
    package static func derive(
        session: SessionID, nonce: [UInt8], keys: MasterKeyRing
    ) throws -> SessionTokenString {
        let slot = keys.currentSlot
        guard let tag = tag(slot: slot, session: session, nonce: nonce, keys: keys) else {
            throw MasterKeyFault("The current master-key slot \(slot) is empty.")
        }
        return SessionTokenString(text: prefix + Base64URL.string(head(slot: slot, session: session) + tag))
    }

    private static func head(slot: UInt8, session: SessionID) -> [UInt8] {
        [formatVersion << 4 | slot] + session.bytes
    }

    private static func tag(slot: UInt8, session: SessionID, nonce: [UInt8], keys: MasterKeyRing) -> [UInt8]? {
        guard let key = keys.deriveHash(.session, slot: slot, salt: nonce, context: session.bytes) else { return nil }
        return Array(key.code(for: head(slot: slot, session: session)).prefix(tagByteCount))
    }
}
