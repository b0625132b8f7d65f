import LatchkeyTokens
import Testing

struct ThumbprintTests {
    struct Case: VectorCase {
        let name: String
        let jwk: [String: String]
        let expected: String
    }

    @Test(arguments: try Vectors.load("jws/thumbprints.json", as: VectorFile<Case>.self).cases)
    func `a key's name is its RFC 7638 thumbprint`(vector: Case) throws {
        let key = try JSONWebKey(parsing: StrictJSON.parseObject(Vectors.bytes(vector.jwk)))
        #expect(key.keyID.description == vector.expected)
        #expect(Thumbprint.keyID(of: key.material) == key.keyID)
    }
}
