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

    @Test(arguments: ["m=8,t=1,p=1", "m=8,p=1,t=1", "t=1,m=8,p=1", "t=1,p=1,m=8", "p=1,m=8,t=1", "p=1,t=1,m=8"])
    func `costs in any order and base64 with padding are the same hash`(costs: String) throws {
        let first = try #require(try Vectors.load("valid.json", as: ValidHashes.self).cases.first)
        let phc = try PHCString(parsing: first.phc)
        for (salt, tag) in [("", ""), ("==", ""), ("", "="), ("==", "=")] {
            let parts = first.phc.split(separator: "$")
            let other = "$\(parts[0])$\(parts[1])$\(costs)$\(parts[3])\(salt)$\(parts[4])\(tag)"
            #expect(try PHCString(parsing: other) == phc, "\(other)")
        }
    }

    @Test func `whatever parses is written back as one text that parses to the same`() throws {
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
            #expect(try PHCString(parsing: phc.description) == phc)
            // What may differ: the order of the costs, and padding.
            #expect(Set(phc.description.utf8) == Set(mutated.utf8.filter { $0 != 0x3D } + [0x3D]))
            #expect(PHCString.saltLengths.contains(phc.salt.count) && PHCString.tagLengths.contains(phc.tag.count))
        }
        #expect(accepted > 100, "otherwise the loop above proves nothing")
    }

    @Test func `only a weaker hash is replaced`() {
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
        "parameters": .parameters, "missing_m": .missing("m"), "missing_t": .missing("t"), "missing_p": .missing("p"),
        "out_of_bounds_memory": .outOfBounds(.memory),
        "out_of_bounds_iterations": .outOfBounds(.iterations),
        "out_of_bounds_parallelism": .outOfBounds(.parallelism), "salt": .salt, "tag": .tag,
    ]
}
