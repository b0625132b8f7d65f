import Foundation
import Testing

@testable import OpenSSL

struct PEMPrivateKeyTests {
    struct Refused: Sendable, CustomTestStringConvertible {
        var what: String
        var pem: String
        var code: OpenSSLError.Code
        var testDescription: String { what }
    }

    struct Usable: Sendable, CustomTestStringConvertible {
        var what: String
        var pem: String
        var testDescription: String { what }
    }

    static let refused: [Refused] = [
        Refused(what: "nothing", pem: "", code: .notPEM),
        Refused(what: "garbage", pem: "lorem ipsum\n\0\u{ffff}\n", code: .notPEM),
        Refused(what: "only curve parameters", pem: String(Keys.p256SEC1.prefix(80)), code: .notPEM),
        Refused(what: "a block without end", pem: String(Keys.p256PKCS8.prefix(120)), code: .malformed),
        Refused(
            what: "a block with another end",
            pem: Keys.p256PKCS8.replacingFirst("END PRIVATE", with: "END PUBLIC"), code: .malformed),
        Refused(
            what: "damaged base64", pem: Keys.p256PKCS8.replacingFirst("MIGH", with: "M*GH"), code: .malformed),
        Refused(what: "an empty block", pem: block("PRIVATE KEY", ""), code: .malformed),
        Refused(what: "bytes that are no key", pem: block("PRIVATE KEY", "AAECAwQFBgc="), code: .malformed),
        Refused(what: "a PKCS#8 key under the label of PKCS#1 EC", pem: relabelled("EC PRIVATE KEY"), code: .malformed),
        Refused(what: "a trailing byte", pem: Keys.p256TrailingByte, code: .malformed),
        Refused(what: "a key cut short", pem: Keys.p256Truncated, code: .malformed),
        Refused(what: "65 KiB", pem: Keys.ed25519 + String(repeating: "\n", count: 65 * 1024), code: .tooLarge),
        Refused(what: "an encrypted PKCS#8 key", pem: Keys.rsaEncrypted, code: .encrypted),
        Refused(what: "an encrypted key of the old kind", pem: Keys.p256Encrypted, code: .encrypted),
        Refused(what: "a public key", pem: Keys.rsaPublic, code: .publicKey),
        Refused(what: "a public key in PKCS#1", pem: Keys.rsaPublicPKCS1, code: .publicKey),
        Refused(what: "a certificate", pem: Keys.certificate, code: .publicKey),
        Refused(what: "two keys", pem: Keys.p256PKCS8 + Keys.ed25519, code: .severalBlocks),
        Refused(what: "one key twice", pem: Keys.ed25519 + Keys.ed25519, code: .severalBlocks),
        Refused(what: "a key and a certificate", pem: Keys.p256PKCS8 + Keys.certificate, code: .severalBlocks),
        Refused(
            what: "a hundred keys", pem: String(repeating: Keys.ed25519, count: 100), code: .severalBlocks),
        Refused(what: "a second block that is damaged", pem: Keys.ed25519 + Keys.ed25519.prefix(70), code: .malformed),
        Refused(what: "OpenSSH's container", pem: Keys.openSSH, code: .unsupportedKey),
        Refused(what: "an unknown label", pem: block("SECRET", "AAAA"), code: .unsupportedKey),
        Refused(what: "P-384", pem: Keys.p384, code: .unsupportedKey),
        Refused(what: "secp256k1", pem: Keys.secp256k1, code: .unsupportedKey),
        Refused(what: "X25519", pem: Keys.x25519, code: .unsupportedKey),
        Refused(what: "Ed448", pem: Keys.ed448, code: .unsupportedKey),
        Refused(what: "an RSA key bound to PSS", pem: Keys.rsaPSS, code: .unsupportedKey),
        Refused(what: "RSA with 1024 bits", pem: Keys.rsa1024, code: .weakKey),
        Refused(what: "RSA with 2047 bits", pem: Keys.rsa2047, code: .weakKey),
        Refused(what: "RSA with the exponent 1", pem: Keys.rsaExponent1, code: .weakKey),
        Refused(what: "RSA with an even exponent", pem: Keys.rsaEvenExponent, code: .weakKey),
        Refused(what: "RSA with an exponent over 31 bits", pem: Keys.rsaLargeExponent, code: .weakKey),
        Refused(what: "RSA with another modulus", pem: Keys.rsaForeignModulus, code: .inconsistentKey),
        Refused(what: "P-256 with another public key", pem: Keys.p256ForeignPublicKey, code: .inconsistentKey),
        Refused(what: "P-256 with the scalar 0", pem: Keys.p256Zero, code: .inconsistentKey),
    ]

    @Test(arguments: refused)
    func `what is not one usable private key is refused by its code`(_ row: Refused) {
        #expect(throws: OpenSSLError(row.code, "")) { try PEMPrivateKey.parse(row.pem) }
    }

    private struct Explained: Decodable {
        struct Case: Decodable {
            let name: String
            let pem: String
            let sentence: String
        }
        let cases: [Case]
    }

    @Test func `the message says what the text is, in ASCII without quotes`() throws {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let file = try Data(contentsOf: tests.appending(path: "Vectors/pem/refused.json"))
        for row in try JSONDecoder().decode(Explained.self, from: file).cases {
            let error = #expect(throws: OpenSSLError.self, "\(row.name)") { try PEMPrivateKey.parse(row.pem) }
            #expect(error?.message == row.sentence, "\(row.name)")
        }
        for row in Self.refused {
            let error = #expect(throws: OpenSSLError.self, "\(row.what)") { try PEMPrivateKey.parse(row.pem) }
            let isPlain = error?.message.utf8.allSatisfy { (0x20..<0x7F).contains($0) && $0 != 0x22 && $0 != 0x5C }
            #expect(isPlain == true, "\(row.what)")
        }
    }

    @Test(arguments: refused)
    func `an error quotes nothing of the input`(_ row: Refused) throws {
        let error = try #require(throws: OpenSSLError.self) { try PEMPrivateKey.parse(row.pem) }
        let text = "\(error) \(String(reflecting: error))"
        for line in row.pem.split(separator: "\n") where line.count >= 8 && !line.hasPrefix("-----") {
            #expect(!text.contains(line))
        }
    }

    @Test func `a refusal leaves nothing in the error queue for the next caller`() throws {
        for row in Self.refused {
            #expect(throws: OpenSSLError.self) { try PEMPrivateKey.parse(row.pem) }
            #expect(OpenSSLError.drainingQueue(.failed, "").reason == nil, "after \(row.what)")
        }
        _ = try PEMPrivateKey.parse(Keys.p256SEC1)
        #expect(OpenSSLError.drainingQueue(.failed, "").reason == nil)
    }

    @Test(arguments: [Usable(what: "PKCS#8", pem: Keys.p256PKCS8), Usable(what: "SEC1", pem: Keys.p256SEC1)])
    func `a P-256 key yields its scalar`(_ key: Usable) throws {
        guard case .p256(let scalar) = try PEMPrivateKey.parse(key.pem) else {
            Issue.record("not a P-256 key")
            return
        }
        #expect(hex(scalar) == Keys.p256Scalar)
    }

    @Test func `a P-256 scalar with leading zeros keeps 32 bytes`() throws {
        guard case .p256(let scalar) = try PEMPrivateKey.parse(Keys.p256SmallScalar) else {
            Issue.record("not a P-256 key")
            return
        }
        #expect(scalar == [UInt8](repeating: 0, count: 31) + [5])
    }

    @Test func `an Ed25519 key yields its seed`() throws {
        guard case .ed25519(let seed) = try PEMPrivateKey.parse(Keys.ed25519) else {
            Issue.record("not an Ed25519 key")
            return
        }
        #expect(hex(seed) == Keys.ed25519Seed)
    }

    @Test(arguments: [Usable(what: "PKCS#8", pem: Keys.rsaPKCS8), Usable(what: "PKCS#1", pem: Keys.rsaPKCS1)])
    func `an RSA key yields the same key from either container`(_ usable: Usable) throws {
        guard case .rsa(let key) = try PEMPrivateKey.parse(usable.pem) else {
            Issue.record("not an RSA key")
            return
        }
        #expect(key.bits == 2048)
        #expect(Array(key.modulus.prefix(8)) == Keys.rsaModulusEnds.0)
        #expect(Array(key.modulus.suffix(8)) == Keys.rsaModulusEnds.1)
        #expect(key.publicExponent == [1, 0, 1])
    }

    @Test func `text around the block and Windows line ends are skipped`() throws {
        let lines = Keys.ed25519.split(separator: "\n").joined(separator: "\r\n")
        guard case .ed25519 = try PEMPrivateKey.parse("Bag Attributes: none\r\n\(lines)\r\nthe end\r\n") else {
            Issue.record("not an Ed25519 key")
            return
        }
    }

    @Test(arguments: [
        Usable(what: "P-256", pem: Keys.p256PKCS8), Usable(what: "Ed25519", pem: Keys.ed25519),
        Usable(what: "RSA", pem: Keys.rsaPKCS8),
    ])
    func `no printed form of a key shows the key`(_ usable: Usable) throws {
        let key = try PEMPrivateKey.parse(usable.pem)
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped, "\([key])", "\(Optional(key) as Any)"] {
            #expect(text.contains("<redacted>"))
            // The first bytes of the scalar and of the seed, as an array prints them.
            #expect(!text.contains("22, 240"))
            #expect(!text.contains("108, 72"))
        }
    }

    private static func block(_ label: String, _ base64: String) -> String {
        "-----BEGIN \(label)-----\n\(base64)\n-----END \(label)-----\n"
    }

    private static func relabelled(_ label: String) -> String {
        Keys.rsaPKCS1.replacingFirst("BEGIN RSA PRIVATE KEY", with: "BEGIN \(label)")
            .replacingFirst("END RSA PRIVATE KEY", with: "END \(label)")
    }
}

extension String {
    fileprivate func replacingFirst(_ part: String, with other: String) -> String {
        guard let range = firstRange(of: part) else { return "" }
        var copy = self
        copy.replaceSubrange(range, with: other)
        return copy
    }
}
