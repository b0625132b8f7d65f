import Crypto

/// 32 bytes outside the database, from which everything secret inside it is derived or with which it is sealed.
package struct MasterKey: Sendable {
    package static let byteCount = 32
    let key: SymmetricKey

    /// - Returns: `nil` unless there are exactly 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.key = SymmetricKey(data: bytes)
    }

    /// 256 random bits of the operating system.
    package static func generate() -> MasterKey {
        MasterKey(key: SymmetricKey(size: .bits256))
    }

    private init(key: SymmetricKey) { self.key = key }

    /// What a key derived from the master key is for. The raw value is the HKDF `info` (RFC 5869), so a key for one
    /// purpose says nothing about a key for another.
    package enum Purpose: String, Sendable {
        case refresh
        case keyWrap = "key-wrap"
        case clientSecret = "client-secret"
        case csrf
        case totp
        case throttle
        case probe
    }

    /// HKDF-SHA256 (RFC 5869) with the purpose, and what it is bound to, as `info`.
    func derive(_ purpose: Purpose, salt: [UInt8] = [], context: [UInt8] = []) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key, salt: salt, info: Array(purpose.rawValue.utf8) + context, outputByteCount: 32)
    }

    /// The 32 bytes, for the key file alone.
    var bytes: [UInt8] { unsafe key.withUnsafeBytes { unsafe Array($0) } }
}
