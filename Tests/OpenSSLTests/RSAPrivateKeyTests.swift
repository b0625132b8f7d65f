import Testing

@testable import OpenSSL

struct RSAPrivateKeyTests {
    private let message = bytes("a message")

    @Test(arguments: [0, -1, 512, 1024, 2047, 2049, 8192, Int.max])
    func `other sizes than 2048, 3072 and 4096 bits are not generated`(_ bits: Int) {
        #expect(throws: OpenSSLError(.invalidParameters, "")) { try RSAPrivateKey.generate(bits: bits) }
    }

    @Test func `a PEM with another kind of key is refused`() {
        #expect(throws: OpenSSLError(.unsupportedKey, "")) { try RSAPrivateKey(pem: Keys.p256PKCS8) }
        #expect(throws: OpenSSLError(.unsupportedKey, "")) { try RSAPrivateKey(pem: Keys.ed25519) }
        #expect(throws: OpenSSLError(.unsupportedKey, "")) { try RSAPrivateKey(pem: Keys.rsaPSS) }
    }

    @Test func `a weak key is refused as PEM and as PKCS#8`() throws {
        let weak = [Keys.rsa1024, Keys.rsa2047, Keys.rsaExponent1, Keys.rsaEvenExponent, Keys.rsaLargeExponent]
        for pem in weak {
            #expect(throws: OpenSSLError(.weakKey, "")) { try RSAPrivateKey(pem: pem) }
            let der = try PEMPrivateKey.decode(pem).pkcs8DER()
            #expect(throws: OpenSSLError(.weakKey, "")) { try RSAPrivateKey(pkcs8DER: der) }
        }
    }

    @Test func `a key with another modulus is refused as PEM and as PKCS#8`() throws {
        #expect(throws: OpenSSLError(.inconsistentKey, "")) { try RSAPrivateKey(pem: Keys.rsaForeignModulus) }
        let der = try PEMPrivateKey.decode(Keys.rsaForeignModulus).pkcs8DER()
        #expect(throws: OpenSSLError(.inconsistentKey, "")) { try RSAPrivateKey(pkcs8DER: der) }
    }

    @Test func `damaged PKCS#8 is refused`() throws {
        let der = try RSAPrivateKey(pem: Keys.rsaPKCS8).pkcs8DER
        for damaged in [[], [0x30], Array(der.dropLast()), der + [0], Array(der.dropFirst()), bytes(Keys.rsaPKCS8)] {
            #expect(throws: OpenSSLError(.malformed, "")) { try RSAPrivateKey(pkcs8DER: damaged) }
        }
        #expect(throws: OpenSSLError(.tooLarge, "")) {
            try RSAPrivateKey(pkcs8DER: [UInt8](repeating: 0x30, count: 64 * 1024 + 1))
        }
        let ec = try PEMPrivateKey.decode(Keys.p256PKCS8).pkcs8DER()
        #expect(throws: OpenSSLError(.unsupportedKey, "")) { try RSAPrivateKey(pkcs8DER: ec) }
    }

    @Test func `no flipped bit of a PKCS#8 structure yields a key that signs wrongly`() throws {
        let original = try RSAPrivateKey(pem: Keys.rsaPKCS8)
        let der = try original.pkcs8DER
        for index in stride(from: 0, to: der.count, by: 7) {
            var damaged = der
            damaged[index] ^= 0x10
            guard let key = try? RSAPrivateKey(pkcs8DER: damaged) else { continue }
            let signature = try key.signPKCS1v15SHA256(message)
            #expect(key.isValidPKCS1v15SHA256(signature, for: message), "byte \(index)")
            #expect(OpenSSLError.drainingQueue(.failed, "").reason == nil)
        }
    }

    @Test func `the signature agrees with that of the openssl tool`() throws {
        let key = try RSAPrivateKey(pem: Keys.rsaPKCS8)
        #expect(hex(try key.signPKCS1v15SHA256(message)) == Keys.rsaPKCS1v15Signature)
    }

    @Test func `PSS means a salt of 32 bytes, as the openssl tool sees it`() throws {
        let key = try RSAPrivateKey(pem: Keys.rsaPKCS8)
        #expect(key.isValidPSSSHA256(unhex(Keys.rsaPSSSignatureSalt32), for: message))
        #expect(!key.isValidPSSSHA256(unhex(Keys.rsaPSSSignatureSalt20), for: message))
    }

    @Test(arguments: [2048, 3072, 4096])
    func `a generated key signs, and survives export and import`(_ bits: Int) throws {
        let key = try RSAPrivateKey.generate(bits: bits)
        #expect(key.bits == bits)
        #expect(key.modulus.count == bits / 8)
        #expect(key.modulus[0] >= 0x80)
        #expect(key.publicExponent == [1, 0, 1])
        let again = try RSAPrivateKey(pkcs8DER: key.pkcs8DER)
        #expect(again.modulus == key.modulus)
        #expect(try again.pkcs8DER == key.pkcs8DER)
        for (signer, checker) in [(key, again), (again, key)] {
            let pkcs1v15 = try signer.signPKCS1v15SHA256(message)
            #expect(pkcs1v15.count == bits / 8)
            #expect(checker.isValidPKCS1v15SHA256(pkcs1v15, for: message))
            let pss = try signer.signPSSSHA256(message)
            #expect(pss.count == bits / 8)
            #expect(checker.isValidPSSSHA256(pss, for: message))
        }
    }

    @Test func `a signature holds for its message, its scheme and its key only`() throws {
        let key = try RSAPrivateKey(pem: Keys.rsaPKCS8)
        let other = try RSAPrivateKey(pem: Keys.rsaExponent3)
        let pkcs1v15 = try key.signPKCS1v15SHA256(message)
        let pss = try key.signPSSSHA256(message)
        #expect(!key.isValidPSSSHA256(pkcs1v15, for: message))
        #expect(!key.isValidPKCS1v15SHA256(pss, for: message))
        #expect(!other.isValidPKCS1v15SHA256(pkcs1v15, for: message))
        #expect(!other.isValidPSSSHA256(pss, for: message))
        #expect(!key.isValidPKCS1v15SHA256(pkcs1v15, for: message + [0]))
        #expect(!key.isValidPSSSHA256(pss, for: message + [0]))
        #expect(!key.isValidPSSSHA256([], for: message))
        #expect(!key.isValidPKCS1v15SHA256(pkcs1v15 + [0], for: message))
        #expect(OpenSSLError.drainingQueue(.failed, "").reason == nil)
    }

    @Test func `a PSS signature is salted afresh each time`() throws {
        let key = try RSAPrivateKey(pem: Keys.rsaPKCS8)
        #expect(try key.signPSSSHA256(message) != key.signPSSSHA256(message))
    }

    @Test func `an empty message and a megabyte can be signed`() throws {
        let key = try RSAPrivateKey(pem: Keys.rsaPKCS8)
        for message in [[], [UInt8](repeating: 0x61, count: 1 << 20)] {
            #expect(key.isValidPKCS1v15SHA256(try key.signPKCS1v15SHA256(message), for: message))
            #expect(key.isValidPSSSHA256(try key.signPSSSHA256(message), for: message))
        }
    }

    @Test func `one key signs from many tasks at once`() async throws {
        let key = try RSAPrivateKey(pem: Keys.rsaPKCS8)
        let valid = try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<64 {
                group.addTask {
                    let message = bytes("message \(number)")
                    let first = try key.signPSSSHA256(message)
                    let second = try key.signPKCS1v15SHA256(message)
                    return key.isValidPSSSHA256(first, for: message)
                        && key.isValidPKCS1v15SHA256(second, for: message)
                }
            }
            return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(valid == 64)
    }

    @Test func `no printed form of a key shows the key`() throws {
        let key = try RSAPrivateKey(pem: Keys.rsaPKCS8)
        #expect("\(key)" == "RSAPrivateKey(2048 bits, <redacted>)")
        #expect(String(reflecting: key) == "RSAPrivateKey(2048 bits, <redacted>)")
    }
}

struct OpenSSLErrorTests {
    @Test func `errors are equal by code alone`() {
        #expect(OpenSSLError(.malformed, "one") == OpenSSLError(.malformed, "two", reason: "three"))
        #expect(OpenSSLError(.malformed, "one") != OpenSSLError(.weakKey, "one"))
        #expect(Set([OpenSSLError(.malformed, "one"), OpenSSLError(.malformed, "two")]).count == 1)
    }

    @Test func `a sentence for people comes first, libcrypto's reason after it`() {
        #expect("\(OpenSSLError(.malformed, "Broken."))" == "Broken.")
        #expect("\(OpenSSLError(.malformed, "Broken.", reason: "why"))" == "Broken. (libcrypto: why)")
    }
}
