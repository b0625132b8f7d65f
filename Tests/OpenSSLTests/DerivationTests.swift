import Testing

@testable import OpenSSL

struct ScryptTests {
    struct Costs: Sendable, CustomTestStringConvertible {
        var N: Int
        var r: Int
        var p: Int
        var testDescription: String { "N=\(N) r=\(r) p=\(p)" }
    }

    @Test(arguments: [
        Costs(N: 0, r: 8, p: 1), Costs(N: 1, r: 8, p: 1), Costs(N: -16, r: 8, p: 1), Costs(N: 1000, r: 8, p: 1),
        Costs(N: 1 << 21, r: 1, p: 1), Costs(N: .max, r: 8, p: 1), Costs(N: .min, r: 8, p: 1),
        Costs(N: 16, r: 0, p: 1), Costs(N: 16, r: -1, p: 1), Costs(N: 16, r: .max, p: 1), Costs(N: 16, r: 129, p: 1),
        Costs(N: 16, r: 8, p: 0), Costs(N: 16, r: 8, p: -1), Costs(N: 16, r: 8, p: .max), Costs(N: 16, r: 8, p: 17),
        // RFC 7914 section 6: N below 2^(16·r). Then 1 GiB, the RFC's own fourth vector, and just above 256 MiB.
        Costs(N: 1 << 16, r: 1, p: 1), Costs(N: 1 << 20, r: 8, p: 1), Costs(N: 1 << 18, r: 9, p: 1),
    ])
    func `costs out of bounds are refused before any work`(_ costs: Costs) {
        #expect(throws: OpenSSLError(.invalidParameters, "")) {
            try scrypt(password: [1], salt: [2], N: costs.N, r: costs.r, p: costs.p, length: 32)
        }
        #expect(!ScryptBounds.contain(N: costs.N, r: costs.r, p: costs.p))
    }

    @Test(arguments: [0, -1, 1025, Int.max])
    func `a length out of bounds is refused`(_ length: Int) {
        #expect(throws: OpenSSLError(.invalidParameters, "")) {
            try scrypt(password: [1], salt: [2], N: 16, r: 1, p: 1, length: length)
        }
    }

    @Test func `a password or salt beyond 64 KiB is refused`() {
        let long = [UInt8](repeating: 0x61, count: 64 * 1024 + 1)
        #expect(throws: OpenSSLError(.invalidParameters, "")) {
            try scrypt(password: long, salt: [], N: 16, r: 1, p: 1, length: 32)
        }
        #expect(throws: OpenSSLError(.invalidParameters, "")) {
            try scrypt(password: [], salt: long, N: 16, r: 1, p: 1, length: 32)
        }
    }

    @Test(arguments: [
        (
            "", "", Costs(N: 16, r: 1, p: 1),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
                + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
        ),
        (
            "password", "NaCl", Costs(N: 1024, r: 8, p: 16),
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
        ),
        (
            "pleaseletmein", "SodiumChloride", Costs(N: 16384, r: 8, p: 1),
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
        ),
    ])
    func `the vectors of RFC 7914 section 12 come out`(
        _ password: String, _ salt: String, _ costs: Costs, _ expected: String
    ) throws {
        let key = try scrypt(
            password: bytes(password), salt: bytes(salt), N: costs.N, r: costs.r, p: costs.p, length: 64)
        #expect(hex(key) == expected)
    }

    @Test func `the largest memory allowed is really granted`() throws {
        // 128 · 2^18 · 8 bytes is 256 MiB exactly.
        #expect(try scrypt(password: [1], salt: [2], N: 1 << 18, r: 8, p: 1, length: 16).count == 16)
    }
}

struct PBKDF2Tests {
    @Test(arguments: [0, -1, 10_000_001, Int.max, Int.min])
    func `iterations out of bounds are refused before any work`(_ iterations: Int) {
        #expect(throws: OpenSSLError(.invalidParameters, "")) {
            try pbkdf2(password: [1], salt: [2], iterations: iterations, hash: .sha256, length: 32)
        }
    }

    @Test func `output blocks count against the iterations`() {
        #expect(throws: OpenSSLError(.invalidParameters, "")) {
            try pbkdf2(password: [1], salt: [2], iterations: 10_000_000, hash: .sha256, length: 33)
        }
        #expect(PBKDF2Bounds.contain(iterations: 10_000_000, hash: .sha256, length: 32))
        #expect(PBKDF2Bounds.contain(iterations: 5_000_000, hash: .sha256, length: 64))
        #expect(!PBKDF2Bounds.contain(iterations: 5_000_001, hash: .sha256, length: 64))
        #expect(!PBKDF2Bounds.contain(iterations: 10_000_000, hash: .sha1, length: 32))
        #expect(PBKDF2Bounds.contain(iterations: 10_000_000, hash: .sha512, length: 64))
    }

    @Test(arguments: [0, -1, 1025, Int.max])
    func `a length out of bounds is refused`(_ length: Int) {
        #expect(throws: OpenSSLError(.invalidParameters, "")) {
            try pbkdf2(password: [1], salt: [2], iterations: 1, hash: .sha1, length: length)
        }
    }

    @Test func `a password or salt beyond 64 KiB is refused`() {
        let long = [UInt8](repeating: 0x61, count: 64 * 1024 + 1)
        #expect(throws: OpenSSLError(.invalidParameters, "")) {
            try pbkdf2(password: long, salt: [], iterations: 1, hash: .sha1, length: 20)
        }
        #expect(throws: OpenSSLError(.invalidParameters, "")) {
            try pbkdf2(password: [], salt: long, iterations: 1, hash: .sha1, length: 20)
        }
    }

    @Test(arguments: [
        ("password", "salt", 1, "0c60c80f961f0e71f3a9b524af6012062fe037a6"),
        ("password", "salt", 2, "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957"),
        ("password", "salt", 4096, "4b007901b765489abead49d926f721d065a429c1"),
        (
            "passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt", 4096,
            "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038"
        ),
        ("pass\0word", "sa\0lt", 4096, "56fa6aa75548099dcc37d7f03425e0c3"),
    ])
    func `the vectors of RFC 6070 come out, NUL bytes included`(
        _ password: String, _ salt: String, _ iterations: Int, _ expected: String
    ) throws {
        let key = try pbkdf2(
            password: bytes(password), salt: bytes(salt), iterations: iterations, hash: .sha1,
            length: expected.count / 2)
        #expect(hex(key) == expected)
    }

    @Test(arguments: [
        (
            "passwd", "salt", 1,
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
                + "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"
        ),
        (
            "Password", "NaCl", 80000,
            "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
                + "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d"
        ),
    ])
    func `the vectors of RFC 7914 section 11 come out`(
        _ password: String, _ salt: String, _ iterations: Int, _ expected: String
    ) throws {
        let key = try pbkdf2(
            password: bytes(password), salt: bytes(salt), iterations: iterations, hash: .sha256, length: 64)
        #expect(hex(key) == expected)
    }

    @Test(arguments: [
        (
            "password", "salt", 2,
            "e1d9c16aa681708a45f5c7c4e215ceb66e011a2e9f0040713f18aefdb866d53c"
                + "f76cab2868a39b9f7840edce4fef5a82be67335c77a6068e04112754f27ccf4e"
        ),
        (
            "", "", 1,
            "6d2ecbbbfb2e6dcd7056faf9af6aa06eae594391db983279a6bf27e0eb228614"
                + "3ab0c996f33ca4b667e945829ea693340f2831797324e5f31df18ed171d18c97"
                + "1c16b9ee21cbeeb5c58bcf06ab94ec37a4b086f09189ad63e53dd43ab755842d418deb86"
        ),
    ])
    func `SHA-512 agrees with Python's hashlib`(
        _ password: String, _ salt: String, _ iterations: Int, _ expected: String
    ) throws {
        let key = try pbkdf2(
            password: bytes(password), salt: bytes(salt), iterations: iterations, hash: .sha512,
            length: expected.count / 2)
        #expect(hex(key) == expected)
    }

    @Test(arguments: PBKDF2Hash.allCases)
    func `the stated block size is the hash's own`(_ hash: PBKDF2Hash) throws {
        // A longer output starts with the same block, whose end is seen where the next block would begin.
        let two = try pbkdf2(password: [1], salt: [2], iterations: 3, hash: hash, length: 2 * hash.blockBytes)
        let one = try pbkdf2(password: [1], salt: [2], iterations: 3, hash: hash, length: hash.blockBytes)
        #expect(Array(two.prefix(hash.blockBytes)) == one)
        #expect(hash.blockBytes == ["sha1": 20, "sha256": 32, "sha512": 64][hash.rawValue])
    }
}
