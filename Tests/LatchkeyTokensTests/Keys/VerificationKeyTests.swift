import LatchkeyTokens
import Testing

struct VerificationKeyTests {
    struct Case: VectorCase {
        let name: String
        let jwk: [String: String]
        let input: String
        let expected: Bool
    }

    static var cases: [Case] {
        get throws { try Vectors.load("jws/signatures.json", as: VectorFile<Case>.self).cases }
    }

    @Test(arguments: try cases)
    func `a signature holds exactly when it should`(vector: Case) throws {
        let key = try JSONWebKey(parsing: StrictJSON.parseObject(Vectors.bytes(vector.jwk)))
        let jws = try JWS(parsing: Array(vector.input.utf8))
        let verified = VerificationKey(key).verify(signature: jws.signature, signingInput: jws.signingInput)
        #expect(verified == vector.expected)
    }

    @Test func `no key verifies what another one signed`() throws {
        let good = try Self.cases.filter(\.expected)
        for (index, vector) in good.enumerated() {
            let jws = try JWS(parsing: Array(vector.input.utf8))
            for (other, holder) in good.enumerated() where other != index {
                let key = try JSONWebKey(parsing: StrictJSON.parseObject(Vectors.bytes(holder.jwk)))
                #expect(!VerificationKey(key).verify(signature: jws.signature, signingInput: jws.signingInput))
            }
        }
    }
}
