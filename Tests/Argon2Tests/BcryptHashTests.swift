import Testing

@testable import Argon2

struct BcryptHashTests {
    @Test(arguments: try Vectors.load("bcrypt.json", as: BcryptHashes.self).malformed)
    func `a malformed hash is refused for its first fault`(vector: MalformedTexts.Case) throws {
        let expected = try #require(Self.errors[vector.error])
        #expect(throws: expected, "\(vector.name)") { try BcryptHash(parsing: vector.text) }
    }

    @Test func `bits that nothing uses change nothing, whatever they are`() throws {
        let canonical = "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"
        let alphabet = Array("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
        let whole = try BcryptHash(parsing: canonical)
        #expect(whole.text == canonical)
        for (place, unused) in [(28, 16), (59, 4)] {
            let value = try #require(alphabet.firstIndex(of: Array(canonical)[place]))
            for (other, character) in alphabet.enumerated() {
                var text = Array(canonical)
                text[place] = character
                let isSame = try BcryptHash(parsing: String(text)) == whole
                #expect(isSame == (other / unused == value / unused))
            }
        }
    }

    @Test func `exactly the passwords that bcrypt distinguishes are distinguished`() async throws {
        let pool = try HashPool.testing(threads: 2, maxQueueWait: .seconds(600))
        for vector in try Vectors.load("bcrypt.json", as: BcryptHashes.self).cases {
            let password = SecretBytes(copying: Array(hex: vector.passwordHex))
            let hash = try BcryptHash(parsing: vector.hash)
            let verifies = try await pool.run(group: FairnessGroup("a")) { worker in
                try worker.verifyBcrypt(password: password, hash: hash)
            }
            #expect(verifies == vector.verifies, "\(vector.name)")
        }
        await pool.shutdown()
    }

    @Test func `each step of cost doubles the weight`() throws {
        func weight(_ cost: String) throws -> Int {
            let text = "$2b$\(cost)$" + String(repeating: ".", count: 53)
            return HashPool.weight(of: try BcryptHash(parsing: text))
        }
        #expect(try ["04", "09", "10", "12", "14"].map(weight) == [1, 1, 2, 8, 32])
    }

    private static let errors: [String: MalformedBcryptHash] = [
        "length": .length, "prefix": .prefix, "cost": .cost, "salt": .salt, "tag": .tag,
    ]
}
