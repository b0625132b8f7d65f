import TestConditions
import Testing

@testable import Argon2

struct PHCStringTests {
    @Test(arguments: try Vectors.load("malformed.json", as: MalformedTexts.self).cases)
    func `a malformed text is refused for its first fault`(vector: MalformedTexts.Case) throws {
        let expected = try #require(Self.errors[vector.error])
        #expect(throws: expected, "\(vector.name)") { try PHCString(parsing: vector.text) }
    }

    @Test(arguments: try Vectors.load("valid.json", as: ValidHashes.self).cases)
    func `a hash from elsewhere is read and written back unchanged`(vector: ValidHashes.Case) throws {
        let phc = try PHCString(parsing: vector.phc)
        #expect(phc.variant.rawValue == vector.variant)
        #expect(
            phc.parameters
                == lowCost(
                    memoryKiB: vector.memoryKib, iterations: vector.iterations, parallelism: vector.parallelism))
        #expect(phc.salt == Array(hex: vector.saltHex))
        #expect(phc.tag.count == vector.tagBytes)
        #expect(phc.description == vector.phc)
    }

    @Test func `whatever parses has no second spelling`() throws {
        var generator = SeededGenerator(seed: 9106)
        let valid = try Vectors.load("valid.json", as: ValidHashes.self).cases.map { Array($0.phc.utf8) }
        let bytes = Array("$,=mtpv0123456789Az+/-. \n\0é".utf8)
        var accepted = 0
        for _ in 0..<20_000 {
            var text = valid.randomElement(using: &generator) ?? []
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: 0..<text.count, using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: text.remove(at: index)
                case 1: text.insert(bytes.randomElement(using: &generator) ?? 0, at: index)
                case 2: text[index] = UInt8.random(in: .min ... .max, using: &generator)
                default: text[index] = bytes.randomElement(using: &generator) ?? 0
                }
            }
            let mutated = String(decoding: text, as: UTF8.self)
            guard let phc = try? PHCString(parsing: mutated) else { continue }
            accepted += 1
            #expect(phc.description == mutated)
            #expect(PHCString.saltLengths.contains(phc.salt.count) && PHCString.tagLengths.contains(phc.tag.count))
        }
        #expect(accepted > 100, "otherwise the loop above proves nothing")
    }

    @Test func `only a weaker hash is made anew`() {
        let salt = [UInt8](repeating: 1, count: 16)
        let tag = [UInt8](repeating: 2, count: 32)
        func needsRehash(
            _ variant: Argon2Variant = .argon2id, _ parameters: Argon2Parameters = .default, salt: [UInt8] = salt,
            tag: [UInt8] = tag
        ) -> Bool {
            PHCString(variant: variant, parameters: parameters, salt: salt, tag: tag).needsRehash(for: .default)
        }
        #expect(needsRehash(.argon2i))
        #expect(needsRehash(.argon2d))
        #expect(needsRehash(.argon2id, cheap))
        #expect(needsRehash(salt: Array(salt.dropLast())))
        #expect(needsRehash(tag: Array(tag.dropLast())))
        #expect(!needsRehash())
        #expect(!needsRehash(.argon2id, lowCost(memoryKiB: 65_536, iterations: 3, parallelism: 4)))
        #expect(!needsRehash(salt: salt + salt, tag: tag + tag))
    }

    private static let errors: [String: MalformedPHCString] = [
        "too_long": .tooLong, "structure": .structure, "variant": .variant, "version": .version,
        "parameters": .parameters, "out_of_bounds_memory": .outOfBounds(.memory),
        "out_of_bounds_iterations": .outOfBounds(.iterations),
        "out_of_bounds_parallelism": .outOfBounds(.parallelism), "salt": .salt, "tag": .tag,
    ]
}
