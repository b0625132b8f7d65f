package import Crypto
import LatchkeyTokens

/// HMAC-SHA256 (RFC 2104) under one key, which is hashed once for all messages, and the HKDF (RFC 5869) that makes such
/// keys.
///
/// The same results as `HMAC` and `HKDF` of swift-crypto, in half the time: those are generic over hash and message,
/// and every byte of a key goes through witness tables there. A refresh token needs four of them.
package struct KeyedHash: Sendable {
    private let inner: SHA256
    private let outer: SHA256

    /// - Parameter key: at most ``SHA256/blockByteCount`` bytes. A longer one would have to be hashed first; ours are
    ///   half as long.
    package init(key: [UInt8]) {
        precondition(key.count <= SHA256.blockByteCount, "the key of a keyed hash is longer than a block")
        inner = Self.begun(key, 0x36)
        outer = Self.begun(key, 0x5C)
    }

    private static func begun(_ key: [UInt8], _ pad: UInt8) -> SHA256 {
        let block = [UInt8](room: SHA256.blockByteCount) { block in
            for byte in key { block.append(byte ^ pad) }
            for _ in key.count..<SHA256.blockByteCount { block.append(pad) }
        }
        var hash = SHA256()
        hash.update(data: block)
        return hash
    }

    /// The 32 bytes that only a holder of the key can compute from `message`.
    package func code(for message: [UInt8]) -> [UInt8] {
        var hash = inner
        hash.update(data: message)
        return Self.finished(hash, outer)
    }

    private static func finished(_ inner: SHA256, _ outer: consuming SHA256) -> [UInt8] {
        outer.update(data: inner.finalize().bytes)
        return outer.finalize().bytes
    }

    /// The first 32 bytes of HKDF: a key derived from `material`, as a keyed hash.
    package static func derived(from material: SymmetricKey, salt: [UInt8], info: [UInt8]) -> KeyedHash {
        // Each of these two keys has one message only, so its hash states are consumed, not copied.
        var extract = begun(salt, 0x36)
        // Read in place, so that no copy of the material is left behind in memory; nothing keeps the pointer.
        unsafe material.withUnsafeBytes { unsafe extract.update(bufferPointer: $0) }
        let key = finished(extract, begun(salt, 0x5C))
        var expand = begun(key, 0x36)
        expand.update(data: info + [1])
        return KeyedHash(key: finished(expand, begun(key, 0x5C)))
    }
}

extension SHA256Digest {
    /// The 32 bytes. Reserves the space for all at once: as a sequence, a digest does not say how long it is.
    var bytes: [UInt8] {
        [UInt8](room: Self.byteCount) { bytes in
            for byte in self { bytes.append(byte) }
        }
    }
}
