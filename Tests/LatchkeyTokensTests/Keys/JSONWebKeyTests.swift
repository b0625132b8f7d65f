import LatchkeyTokens
import Testing

struct JSONWebKeyTests {
    static let p256 = [
        "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    ]
    static let ed25519 = ["kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"]

    /// A modulus of this many bits; whether it is a product of primes is for nobody to see.
    static func rsa(bits: Int, exponent: [UInt8] = [1, 0, 1], change: [String: String] = [:]) -> [String: String] {
        var modulus = [UInt8](repeating: 0xA5, count: (bits + 7) / 8)
        modulus[0] = UInt8(1 << ((bits - 1) % 8))
        return [
            "kty": "RSA", "alg": "RS256", "n": Base64URL.string(modulus), "e": Base64URL.string(exponent),
        ].merging(change) { $1 }
    }

    static func parse(_ members: [String: String]) throws -> JSONWebKey {
        try JSONWebKey(parsing: StrictJSON.parseObject(Vectors.bytes(members)))
    }

    static func with(_ key: [String: String], _ change: [String: String]) -> [String: String] {
        key.merging(change) { $1 }
    }

    static func zero(_ count: Int) -> String { Base64URL.string([UInt8](repeating: 0, count: count)) }

    @Test(
        arguments: [
            (with(p256, ["d": "AA"]), .containsSecret), (with(ed25519, ["d": "AA"]), .containsSecret),
            (with(rsa(bits: 2048), ["p": "AA"]), .containsSecret), (with(p256, ["k": "AA"]), .containsSecret),
            (["kty": "oct", "alg": "HS256"], .containsSecret),
            (with(p256, ["y": p256["x"] ?? ""]), .invalidPoint),
            (with(p256, ["x": zero(32), "y": zero(32)]), .invalidPoint),
            (with(p256, ["x": zero(31)]), .badMember), (with(p256, ["y": zero(33)]), .badMember),
            (with(p256, ["x": ""]), .badMember),
            (with(p256, ["x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEV"]), .badMember),
            (with(p256, ["alg": "RS256"]), .badMember), (with(ed25519, ["alg": "ES256"]), .badMember),
            (with(p256, ["alg": "HS256"]), .unsupported), (with(p256, ["alg": "none"]), .unsupported),
            (with(p256, ["alg": "ES384"]), .unsupported), (with(p256, ["crv": "P-384"]), .unsupported),
            (with(p256, ["crv": "secp256k1"]), .unsupported), (with(ed25519, ["crv": "X25519"]), .unsupported),
            (with(p256, ["use": "enc"]), .unsupported), (with(p256, ["kid": "1"]), .unsupported),
            (with(p256, ["kty": "ec"]), .unsupported), (with(ed25519, ["kty": "O\u{212A}P"]), .unsupported),
            (["kty": "AKP"], .unsupported), (["x": "AA"], .badMember),
            (with(ed25519, ["x": zero(32)]), .invalidPoint), (with(ed25519, ["x": zero(31)]), .badMember),
            (with(ed25519, ["x": Base64URL.string([1] + [UInt8](repeating: 0, count: 31))]), .invalidPoint),
            (
                with(ed25519, ["x": Base64URL.string([0xED] + [UInt8](repeating: 0xFF, count: 30) + [0x7F])]),
                .invalidPoint
            ),
            (
                with(ed25519, ["x": Base64URL.string([0xFF] + [UInt8](repeating: 0xFF, count: 30) + [0xFF])]),
                .invalidPoint
            ),
            (rsa(bits: 2047), .weakRSA), (rsa(bits: 1024), .weakRSA), (rsa(bits: 8200), .weakRSA),
            (rsa(bits: 2048, exponent: [1]), .weakRSA), (rsa(bits: 2048, exponent: [2]), .weakRSA),
            (rsa(bits: 2048, exponent: [1, 0, 0]), .weakRSA), (rsa(bits: 2048, exponent: [1, 0, 0, 0, 1]), .weakRSA),
            (rsa(bits: 2048, exponent: [0, 3]), .weakRSA), (rsa(bits: 2048, change: ["n": zero(256)]), .weakRSA),
            (rsa(bits: 2048, change: ["n": "AA"]), .weakRSA), (rsa(bits: 2048, change: ["e": ""]), .badMember),
            (rsa(bits: 2048, change: ["alg": "RSA-OAEP"]), .unsupported),
            (rsa(bits: 2048, change: ["alg": "ES256"]), .badMember),
        ] as [([String: String], MalformedKey.Reason)])
    func `a key that must not verify anything is refused`(members: [String: String], reason: MalformedKey.Reason) {
        let error = #expect(throws: MalformedKey.self) { try Self.parse(members) }
        #expect(error?.reason == reason)
    }

    @Test func `an RSA key without an algorithm is ambiguous`() throws {
        var members = Self.rsa(bits: 2048)
        members["alg"] = nil
        let error = #expect(throws: MalformedKey.self) { try Self.parse(members) }
        #expect(error?.reason == .unsupported)
    }

    @Test(arguments: [2048, 2056, 3072, 4096, 8192]) func `RSA keys within bounds are accepted`(bits: Int) throws {
        #expect(try Self.parse(Self.rsa(bits: bits)).algorithm == .rs256)
        #expect(try Self.parse(Self.rsa(bits: bits, exponent: [3], change: ["alg": "PS256"])).algorithm == .ps256)
    }

    @Test func `Ed25519 is another name of EdDSA, written back as EdDSA`() throws {
        let key = try Self.parse(Self.with(Self.ed25519, ["alg": "Ed25519", "use": "sig", "x5t": "ignored"]))
        #expect(key.algorithm == .edDSA)
        #expect(key == (try Self.parse(Self.ed25519)))
        let set = try JSONWebKeySet([key]).encode()
        #expect(
            String(decoding: set, as: UTF8.self)
                == #"{"keys":[{"kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","use":"sig","alg":"EdDSA","#
                + #""crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#)
    }

    @Test func `leading zero bytes of numbers do not change a key's name`() throws {
        guard case .rsa(let n, let e) = try Self.parse(Self.rsa(bits: 2048)).material else { return }
        let plain = try JSONWebKey(modulus: n, exponent: e, algorithm: .rs256)
        #expect(try JSONWebKey(modulus: [0, 0] + n, exponent: [0] + e, algorithm: .rs256).keyID == plain.keyID)
    }

    @Test func `raw representations of the wrong length are refused`() {
        for count in [0, 31, 33, 63, 65] {
            #expect(throws: MalformedKey.self) { try JSONWebKey(p256: [UInt8](repeating: 1, count: count)) }
            #expect(throws: MalformedKey.self) { try JSONWebKey(ed25519: [UInt8](repeating: 9, count: count)) }
        }
    }
}
