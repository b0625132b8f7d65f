import LatchkeyTokens
import TestConditions
import Testing

/// Mutated valid inputs: nothing may crash, and nothing but the original may be believed.
struct FuzzTests {
    private func mutate(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &generator) {
            let position = bytes.isEmpty ? 0 : Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0 where !bytes.isEmpty: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
            case 1 where !bytes.isEmpty: bytes[position] = UInt8.random(in: .min ... .max, using: &generator)
            case 2 where !bytes.isEmpty: bytes.remove(at: position)
            case 3 where !bytes.isEmpty: bytes.removeSubrange(position...)
            case 4: bytes.insert(UInt8.random(in: 0x20...0x7E, using: &generator), at: position)
            default: bytes.insert(contentsOf: bytes.dropFirst(position).prefix(20), at: position)
            }
        }
        return bytes
    }

    @Test(arguments: [JWSAlgorithm.es256, .edDSA])
    func `a mutated token never verifies`(algorithm: JWSAlgorithm) async throws {
        let keys = try await TestKeys()
        let original = try await keys.sign(Sample.claims().encode(), with: algorithm)
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<2000 {
            let mutated = mutate(original, &generator)
            guard mutated != original else { continue }
            let verdict = UnverifiedTokenTests.verdict(String(decoding: mutated, as: UTF8.self), keys: keys)
            #expect(verdict != "ok", "\(String(decoding: mutated, as: UTF8.self))")
        }
    }

    @Test func `mutated claims are read as the same values or refused`() throws {
        let original = try Sample.claims().encode()
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<5000 {
            guard let claims = try? AccessTokenClaims(parsing: mutate(original, &generator)) else { continue }
            #expect(try AccessTokenClaims(parsing: claims.encode()) == claims)
        }
    }

    @Test func `mutated documents and key sets are read as the same values or refused`() async throws {
        let (document, set) = (try RevocationDocumentTests.sample().encode(), try await TestKeys().published.encode())
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<3000 {
            if let read = try? RevocationDocument(parsing: mutate(document, &generator)) {
                #expect(try RevocationDocument(parsing: read.encode()) == read)
            }
            if let read = try? JSONWebKeySet(parsing: mutate(set, &generator)) {
                #expect(try JSONWebKeySet(parsing: read.encode()) == read)
            }
        }
    }

    @Test func `any JSON that is read is written back to the same value`() {
        var generator = SeededGenerator(seed: 6)
        let original = Array(
            #"{"a":[1,-2.5e3,"x\u00e9\n\ud83d\ude00",null,true,{"b":{"":[[]]}}],"c":9223372036854775807}"#.utf8)
        for _ in 0..<10000 {
            guard let value = try? StrictJSON.parse(mutate(original, &generator)) else { continue }
            var json = JSONWriter()
            json.value(value)
            #expect((try? StrictJSON.parse(json.bytes)) == value)
        }
    }

    @Test func `random bytes are never a token, a list or a set`() {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
                UInt8.random(in: .min ... .max, using: &generator)
            }
            #expect((try? JWS(parsing: bytes)) == nil)
            #expect((try? RevocationDocument(parsing: bytes)) == nil)
            #expect((try? JSONWebKeySet(parsing: bytes)) == nil)
        }
    }
}
