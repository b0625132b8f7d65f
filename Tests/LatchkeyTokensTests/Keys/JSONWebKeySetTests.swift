import LatchkeyTokens
import Testing

struct JSONWebKeySetTests {
    struct Case: VectorCase {
        let name: String
        let input: String
        let expected: [String]?
        /// Where the page leaves a choice: whether the set may be refused as well.
        let mayRefuse: Bool?

        enum CodingKeys: String, CodingKey {
            case name, input, expected
            case mayRefuse = "may_refuse"
        }
    }

    @Test(arguments: try Vectors.load("jws/key-sets.json", as: VectorFile<Case>.self).cases)
    func `of a key set those keys count that its vector names`(vector: Case) {
        let set = try? JSONWebKeySet(parsing: Array(vector.input.utf8))
        if set == nil, vector.mayRefuse == true { return }
        #expect(set?.keys.map(\.keyID.description).sorted() == vector.expected)
    }

    private func parse(_ keys: [[String: String]]) throws -> JSONWebKeySet {
        try JSONWebKeySet(parsing: Vectors.bytes(["keys": keys]))
    }

    @Test(
        arguments: [
            ("", .badJSON), ("[]", .badJSON), ("{}", .badJSON), (#"{"keys":{}}"#, .badJSON),
            (#"{"keys":[1]}"#, .badJSON),
            (#"{"keys":[],"keys":[]}"#, .badJSON), (#"{"keys":[{}]}"#, .badMember),
            (#"{"keys":[{"kty":"oct","k":"AA"}]}"#, .containsSecret),
            (#"{"keys":[{"kty":"XYZ","d":"AA"}]}"#, .containsSecret),
            ("<html>", .badJSON),
        ] as [(String, MalformedKey.Reason)])
    func `a document that is no key set is refused`(text: String, reason: MalformedKey.Reason) {
        let error = #expect(throws: MalformedKey.self) { try JSONWebKeySet(parsing: Array(text.utf8)) }
        #expect(error?.reason == reason)
    }

    @Test func `one malformed key refuses the set`() {
        let bad = JSONWebKeyTests.with(JSONWebKeyTests.p256, ["y": JSONWebKeyTests.zero(32)])
        let error = #expect(throws: MalformedKey.self) { try parse([JSONWebKeyTests.ed25519, bad]) }
        #expect(error?.reason == .invalidPoint)
    }

    @Test func `a duplicate kid refuses the set, among unsupported keys too`() {
        let key = JSONWebKeyTests.ed25519
        for keys in [[key, key], [["kty": "AKP", "kid": "1"], ["kty": "AKP", "kid": "1"]]] {
            let error = #expect(throws: MalformedKey.self) { try parse(keys) }
            #expect(error?.reason == .duplicateKeyID)
        }
    }

    @Test func `keys of an unsupported kind are passed over`() throws {
        let set = try parse([
            ["kty": "AKP", "kid": "1"], JSONWebKeyTests.with(JSONWebKeyTests.p256, ["use": "enc"]),
            JSONWebKeyTests.ed25519,
        ])
        #expect(set.keys.map(\.algorithm) == [.edDSA])
    }

    @Test func `size and number of keys are capped`() throws {
        let many = (0..<129).map { ["kty": "AKP", "kid": "\($0)"] }
        #expect(try parse(Array(many.prefix(128))).keys.isEmpty)
        let error = #expect(throws: MalformedKey.self) { try parse(many) }
        #expect(error?.reason == .tooLarge)
        let long = [UInt8](repeating: UInt8(ascii: " "), count: JSONWebKeySet.maximumLength + 1)
        #expect(throws: MalformedKey.self) { try JSONWebKeySet(parsing: long) }
    }

    @Test func `what is encoded is read back, and holds public members only`() async throws {
        let set = try await TestKeys().published
        #expect(set.keys.count == 4)
        let bytes = set.encode()
        #expect(try JSONWebKeySet(parsing: bytes) == set)
        let keys = try #require(StrictJSON.parseObject(bytes)["keys"]?.array)
        let names = Set(keys.flatMap { $0.object?.members.map(\.name) ?? [] })
        #expect(names == ["kid", "use", "alg", "kty", "crv", "x", "y", "n", "e"])
        for key in set.keys { #expect(set[key.keyID] == key) }
    }
}
