import Crypto
import LatchkeyCore
import Testing

/// Ours against the published vectors, and against swift-crypto for every length.
struct KeyedHashTests {
    @Test func `the vectors of RFC 4231 come out`() {
        #expect(
            hexadecimal(KeyedHash(key: [UInt8](repeating: 0x0B, count: 20)).code(for: Array("Hi There".utf8)))
                == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        #expect(
            hexadecimal(
                KeyedHash(key: Array("Jefe".utf8)).code(for: Array("what do ya want for nothing?".utf8)))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            hexadecimal(
                KeyedHash(key: [UInt8](repeating: 0xAA, count: 20)).code(for: [UInt8](repeating: 0xDD, count: 50)))
                == "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe")
    }

    @Test func `every key and message give what swift-crypto gives`() {
        for length in 0...64 {
            let key = (0..<length).map { _ in UInt8.random(in: .min ... .max) }
            let message = (0..<Int.random(in: 0...200)).map { _ in UInt8.random(in: .min ... .max) }
            let expected = HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key))
            let hash = KeyedHash(key: key)
            #expect(hash.code(for: message) == Array(expected), "key \(key), message \(message)")
            #expect(hash.code(for: message) == Array(expected), "a second time")
        }
    }

    @Test func `a derived key is that of HKDF`() {
        for length in 0...64 {
            let material = SymmetricKey(size: .bits256)
            let salt = (0..<length).map { _ in UInt8.random(in: .min ... .max) }
            let info = Array("refresh".utf8) + salt.prefix(16)
            let key = HKDF<SHA256>.deriveKey(
                inputKeyMaterial: material, salt: salt, info: info, outputByteCount: 32)
            let message = Array("message".utf8)
            #expect(
                KeyedHash.derived(from: material, salt: salt, info: info).code(for: message)
                    == Array(HMAC<SHA256>.authenticationCode(for: message, using: key)))
        }
    }

    private func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
