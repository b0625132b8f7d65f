import Argon2
import Foundation
import LatchkeyTokens
import TestConditions
import Testing

@testable import LatchkeyCore

/// Hashes as other systems export them, in Tests/Vectors/phc/foreign.json, made by the libraries of those systems.
struct ForeignHashVectors: Decodable {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let hash: String
        let passwordHex: String
        var testDescription: String { name }

        var password: String {
            let digits = passwordHex.compactMap(\.hexDigitValue)
            let bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
    struct Refused: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let hash: String
        let word: String
        var testDescription: String { name }
    }
    let cases: [Case]
    let refused: [Refused]

    static func load() throws -> ForeignHashVectors {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(
            ForeignHashVectors.self, from: Data(contentsOf: tests.appending(path: "Vectors/phc/foreign.json")))
    }
}

struct ForeignHashTests {
    private let pool: HashPool
    private let verifier: PasswordVerifier

    init() throws {
        let cheap = try Argon2Parameters(memoryKiB: 64, iterations: 1, parallelism: 1)
        pool = try HashPool(threads: 2, maxQueueWait: .seconds(3600), reference: cheap)
        verifier = PasswordVerifier(pool: pool, argon2: cheap)
    }

    private func verify(_ password: String, _ stored: String) async throws -> PasswordVerdict {
        try await verifier.verify(password: Password(password), stored: stored, network: "192.0.2.1")
    }

    @Test(arguments: try ForeignHashVectors.load().cases)
    func `a hash of another product verifies its password and no other, and is to be replaced`(
        vector: ForeignHashVectors.Case
    ) async throws {
        let line = ImportLine(number: 1, username: "ada", passwordHash: vector.hash)
        let stored = try line.validated(at: Timestamp(seconds: 1_795_420_800)).row.passwordHash
        #expect(try PasswordHashFormat(parsing: stored).isForeign)
        #expect(try await verify(vector.password, stored) == .match(needsRehash: true))
        #expect(try await verify(vector.password + "x", stored) == .mismatch)
        #expect(try await verify("", stored) == .mismatch)
    }

    @Test(arguments: try ForeignHashVectors.load().refused)
    func `what is not imported is refused by its name and quoted nowhere`(
        vector: ForeignHashVectors.Refused
    ) throws {
        let line = ImportLine(number: 1, username: "ada", passwordHash: vector.hash)
        let fault = #expect(throws: ImportLineFault.self) { try line.validated(at: Timestamp(seconds: 1_795_420_800)) }
        let sentence = try #require(fault).description
        #expect(sentence.contains(vector.word), "\(sentence)")
        for part in vector.hash.split(whereSeparator: { "$,{} \"".contains($0) }) where part.utf8.count > 8 {
            #expect(!sentence.contains(part) || "SHA512-CRYPT passwordHash".contains(part), "\(sentence)")
        }
    }

    /// The bounds hold for whoever asks for more, behind any frame.
    @Test(arguments: [
        "{bcrypt}$2a$15$dXJ3SW6G7P50lGmMkkmwe.20cQQubK3.HZWzG3YB1tlRy.fqvM/BG",
        "bcrypt$$2b$31$dXJ3SW6G7P50lGmMkkmwe.20cQQubK3.HZWzG3YB1tlRy.fqvM/BG",
        "bcrypt_sha256$$2b$15$dXJ3SW6G7P50lGmMkkmwe.20cQQubK3.HZWzG3YB1tlRy.fqvM/BG",
        "$bcrypt-sha256$v=2,t=2b,r=15$oxlUgg9v3orQxI0v23NtKu$bOlza5ZrccFLf7HXudrWXEnSIdiQqHC",
        "$bcrypt-sha256$v=2,t=2b,r=100$oxlUgg9v3orQxI0v23NtKu$bOlza5ZrccFLf7HXudrWXEnSIdiQqHC",
        "{argon2}$argon2id$v=19$m=64,t=65,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "argon2$argon2id$v=19$m=64,t=1,p=17$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
        "scrypt$2$salt$8$129$AAAAAAAAAAAAAAAAAAAAAA", "{scrypt}$8ff81$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA",
        "{PBKDF2-SHA256}10000001$c2FsdA$AAAAAAAAAAAAAAAAAAAAAA", "pbkdf2_sha256$10000001$salt$AAAAAAAAAAAAAAAAAAAAAA==",
    ])
    func `no frame lets a hash cost more than the bounds`(text: String) {
        #expect(throws: MalformedPasswordHash.self) { try PasswordHashFormat(parsing: text) }
    }

    @Test func `frames do not nest, and a mark on a delimiter is no delimiter`() {
        let bcrypt = "$2a$10$dXJ3SW6G7P50lGmMkkmwe.20cQQubK3.HZWzG3YB1tlRy.fqvM/BG"
        for text in [
            "{bcrypt}{bcrypt}" + bcrypt, "bcrypt$bcrypt$" + bcrypt, "{bcrypt}bcrypt$" + bcrypt,
            "{bcrypt}\u{301}" + bcrypt,
            "argon2argon2$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA", "\u{600}" + bcrypt,
            bcrypt.replacing("$10$", with: "$10$\u{301}"), "$pbkdf2-sha256\u{301}$9$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA",
            "pbkdf2_sha256$9$salt\r\n$", bcrypt + "\n", " " + bcrypt, bcrypt + "\0",
        ] {
            #expect(throws: MalformedPasswordHash.self, "\(text)") { try PasswordHashFormat(parsing: text) }
        }
    }

    @Test func `bytes at random behind every beginning end in a refusal or in a hash within the bounds`() throws {
        var generator = TestSeed.generator("foreign hashes")
        func next(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &generator) }
        let cases = try ForeignHashVectors.load()
        let texts = cases.cases.map(\.hash) + cases.refused.map(\.hash)
        let spice = ["$", ",", "=", "{", "}", "\"", "9", "0", "\u{301}", "\u{600}", "\0", "\r\n", "é", "AQAAAA", "=="]
        for _ in 0..<30_000 {
            var bytes = Array(texts[next(texts.count)].utf8)
            for _ in 0...next(4) {
                let place = next(bytes.count + 1)
                switch next(3) {
                case 0 where place < bytes.count: bytes.remove(at: place)
                case 1: bytes.insert(contentsOf: spice[next(spice.count)].utf8, at: place)
                default: bytes.replaceSubrange(place..<min(place + 1, bytes.count), with: [UInt8(next(256))])
                }
            }
            guard let format = try? PasswordHashFormat(parsing: String(decoding: bytes, as: UTF8.self)) else {
                continue
            }
            // Doubled, and the heaviest that any bound allows: Argon2 with 4 GiB and 64 passes.
            #expect(verifier.weight(of: format) <= 2 * 64 * 4_194_304 / 64, "LATCHKEY_TEST_SEED=\(TestSeed.ofThisRun)")
        }
    }

    @Test func `the bytes as they came are tried too, and then the password is the same in every spelling`()
        async throws
    {
        let vectors = try ForeignHashVectors.load().cases.filter { $0.name.hasSuffix("taken apart") }
        #expect(vectors.count > 20)
        for vector in vectors {
            let composed = vector.password.precomposedStringWithCanonicalMapping
            #expect(!composed.utf8.elementsEqual(vector.password.utf8))
            let stored = PasswordHashFormat.storedForm(ofImported: vector.hash)
            #expect(try await verify(vector.password, stored) == .match(needsRehash: true), "\(vector.name)")
            #expect(try await verify(composed, stored) == .mismatch, "another system took it for another password")
        }
    }

    @Test func `a refusal tries an imported hash twice whatever was sent, and one of ours once`() async throws {
        for text in ["plain", "\u{C5}ngstr\u{F6}m", "A\u{30A}ngstro\u{308}m", String(repeating: "p", count: 5000)] {
            let password = Password(text)
            #expect(PasswordVerifier.tries(of: password, whole: password.secret).count == 2)
        }
        let bcrypt = "$2b$10$dXJ3SW6G7P50lGmMkkmwe.20cQQubK3.HZWzG3YB1tlRy.fqvM/BG"
        #expect(verifier.weight(of: try PasswordHashFormat(parsing: bcrypt)) == 4, "two of two units")
        let own = try await verifier.hash(password: Password("x"), network: "192.0.2.1")
        #expect(verifier.weight(of: try PasswordHashFormat(parsing: own)) == 1)
    }

    @Test func `an imported Argon2 hash is distinguished from one of ours, however strong it is`() throws {
        let text = "$argon2id$v=19$m=65536,t=4,p=1$AAECAwQFBgcICQoLDA0ODw$OgCJY8Zff/pzMakLq9H9F+qfA70FNWuFfOtD97cICtw"
        let stored = PasswordHashFormat.storedForm(ofImported: text)
        #expect(try PasswordHashFormat(parsing: stored).needsRehash(for: .default))
        #expect(try !PasswordHashFormat(parsing: text).needsRehash(for: .default))
        #expect(PasswordHashFormat.storedForm(ofImported: stored) == stored)
    }

    @Test func `an account that may not sign in costs what a wrong password costs`() async throws {
        let own = try await verifier.hash(password: Password("the password"), network: "192.0.2.1")
        for stored in [own, "$2b$04$qrG28ihU5gCfRafySDPBkuxv8BK8fWubLGpWSjTJdWHh0KT1PxH8S", nil] {
            let comparison = try await verifier.compare(
                password: Password("the password"), stored: stored, mayMatch: false, network: "192.0.2.1")
            #expect(comparison.verdict == .mismatch)
            #expect(comparison.ownWork > .zero, "the Argon2id hash is computed")
        }
    }
}
