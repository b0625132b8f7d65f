import Foundation
import JWTKit
import LatchkeyTokens
import TestSupport
import Testing

/// External private keys as PEM.
struct KeyImportTests {
    private func importKey(_ server: TestServer, _ pem: String, _ algorithm: String? = nil) async throws -> TestResponse
    {
        var body: [String: JSONValue] = ["pem": .string(pem)]
        if let algorithm { body["algorithm"] = .string(algorithm) }
        return try await server.overSocket.post("/api/v1/admin/keys/import", json: body)
    }

    @Test func `a PEM that is no signing key of ours is refused and changes nothing`() async throws {
        try await withServer { server in
            let before = try await server.keyStates()
            let p256 = ES256PrivateKey()
            let cases: [(String, String?, Int)] = [
                ("", nil, 400), ("not a key", nil, 400), (p256.publicKey.pemRepresentation, nil, 400),
                (ES384PrivateKey().pemRepresentation, nil, 400), (p256.pemRepresentation, "RS256", 400),
                (p256.pemRepresentation, "HS256", 400), (p256.pemRepresentation, "none", 400),
                (Self.ed25519, "ES256", 400), (String(Self.rsa.prefix(400)), nil, 400),
            ]
            for (pem, algorithm, status) in cases {
                let answer = try await importKey(server, pem, algorithm)
                #expect(answer.status == status, "\(pem.prefix(40)) \(algorithm ?? ""): \(answer.text)")
                #expect(!answer.text.contains("BEGIN"), "the answer repeats the key")
            }
            #expect(try await server.keyStates() == before)
        }
    }

    /// What cannot be imported, and the sentence that says why.
    private struct Refused: Decodable {
        struct Case: Decodable {
            let name: String
            let pem: String
            let sentence: String
        }
        let cases: [Case]

        static func load() throws -> [Case] {
            let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            let file = try Data(contentsOf: tests.appending(path: "Vectors/pem/refused.json"))
            return try JSONDecoder().decode(Refused.self, from: file).cases
        }
    }

    @Test func `the answer says why a PEM cannot be used and repeats nothing of it`() async throws {
        try await withServer { server in
            let before = try await server.keyStates()
            for refused in try Refused.load() {
                let answer = try await importKey(server, refused.pem)
                #expect(answer.status == 400, "\(refused.name)")
                #expect(answer["detail"] == refused.sentence, "\(refused.name)")
                for line in refused.pem.split(separator: "\n") where line.count >= 24 && !line.hasPrefix("-----") {
                    #expect(!answer.text.contains(line), "\(refused.name)")
                }
            }
            #expect(try await server.keyStates() == before)
        }
    }

    @Test func `the command line says why a PEM cannot be used`() async throws {
        let fixture = try CommandLineFixture()
        for refused in try Refused.load() {
            let run = try await fixture.run("keys", "import", "-", input: refused.pem)
            #expect(run.code == 1, "\(refused.name)")
            #expect(run.error.contains(refused.sentence), "\(refused.name): \(run.error)")
        }
        let file = fixture.folder.file("key")
        let der = Data([0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0xFF])
        for (content, word) in [
            (der, "in DER form"), (Data(), "empty"), (Data(repeating: 0x41, count: 65 * 1024), "larger than 64 KiB"),
        ] {
            try content.write(to: URL(filePath: file))
            let run = try await fixture.run("keys", "import", file)
            #expect(run.code == 1 && run.error.contains(word), "\(run.error)")
        }
        #expect(try await fixture.run("keys", "import", "-").error.contains("Standard input is empty"))
        let missing = try await fixture.run("keys", "import", file + "-not-there")
        #expect(missing.code == 1 && missing.error.contains("it is missing"), "\(missing.error)")
        // Text around the block is nobody's business, whatever its encoding.
        let latin = Data("Schl\u{FC}ssel\n".unicodeScalars.map { UInt8($0.value) }) + Data(Self.ed25519.utf8)
        try latin.write(to: URL(filePath: file))
        let imported = try await fixture.run("keys", "import", file)
        #expect(imported.code == 0, "\(imported.error)")
    }

    @Test func `a P-256 key is announced in the place of the one that waited, and signs after a day`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let secret = try await server.addConfidentialClient()
            let before = try await server.keyStates()
            let answer = try await importKey(server, ES256PrivateKey().pemRepresentation)
            #expect(answer.status == 201)
            #expect(answer["state"] == "announced")
            let kid = try #require(answer["kid"])
            #expect(answer.integer("may_sign_at") == (clock.now + .seconds(86400)).seconds)
            let waiting = try #require(before.first { $0.value == "announced" }?.key)
            #expect(try await server.keyStates()[waiting] == "gone")
            #expect(try PollingReader.keyID(try await server.serviceToken(secret: secret)) != kid)
            clock.advance(by: .seconds(86400))
            #expect(try await server.overSocket.post("/api/v1/admin/keys/rotate", json: [:]).status == 200)
            let token = try await server.serviceToken(secret: secret)
            #expect(try PollingReader.keyID(token) == kid)
            let reader = PollingReader(server.http, clock: clock)
            try await reader.fetchKeys()
            #expect(try await reader.judge(token) == .accepted)
        }
    }

    @Test(arguments: [("EdDSA", nil), ("RS256", "RS256"), ("RS256", nil), ("PS256", "PS256")] as [(String, String?)])
    func `the first key of an algorithm signs at once`(algorithm: String, asked: String?) async throws {
        try await withServer { server in
            let answer = try await importKey(server, algorithm == "EdDSA" ? Self.ed25519 : Self.rsa, asked)
            #expect(answer.status == 201, "\(answer.text)")
            #expect(answer["algorithm"] == algorithm)
            #expect(answer["state"] == "active")
            try await server.addUser()
            try await server.addClient(algorithm: JWSAlgorithm(name: algorithm))
            let token = try #require(try await server.login()["access_token"])
            #expect(try PollingReader.keyID(token) == answer["kid"])
            let reader = PollingReader(server.http)
            try await reader.fetchKeys()
            #expect(try await reader.judge(token) == .accepted)
        }
    }

    @Test func `a key is never used twice, not even after it is gone`() async throws {
        try await withServer { server in
            let pem = Self.ed25519
            let kid = try #require(try await importKey(server, pem)["kid"])
            #expect(try await importKey(server, pem).status == 409)
            let withdrawn = try await server.overSocket.post(
                "/api/v1/admin/keys/rotate", json: ["emergency": true, "only": .string(kid)])
            #expect(withdrawn.status == 200)
            #expect(try await importKey(server, pem).status == 409)
            #expect(try await server.publishedKeys().allSatisfy { $0.kid != kid })
        }
    }

    /// The example key of RFC 8410 10.3.
    private static let ed25519 = """
        -----BEGIN PRIVATE KEY-----
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
        -----END PRIVATE KEY-----
        """

    /// For these tests alone: 2048 bits, made with `openssl genpkey -algorithm RSA`.
    private static let rsa = """
        -----BEGIN PRIVATE KEY-----
        MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDT26E8Wx5Q+U+i
        lESaA18EV4Cx5OkWeiIceYIBgC9uYWnb8nyYp3JCqtQQhBAoe/3BvxOOJ4pfKxaP
        Pue9Nch4rNnUEIBi7AKZMxdIvoXmOB30kdQ5gHU0bnqpZqZshp0Za6EakKu7Vuio
        iI24A2GBhyVpr9De6klKPeR6CRky+HWsPRnQA3TRhi+k2CfcoI94bJeKN5g3UWJ9
        Y0Gu9svO7cwYvrNHrhS1sfA2uvuCs91a+FT36iteG4ZjSVVni81UXv792FXJqm/x
        kcNniSF3cPl/oeVUgrDsyAAD9uCWQ7AEpYe/KCr1h/TCOyCEhO2qLHy4us7usM77
        u2+zTTFxAgMBAAECggEAA03mzw2uxIg27UFka9sx8AaQsSBHCxI0QP8bf3wpK+QP
        Zh5Ql4LuaHVzTEn7BIlL3785W1to2ut4SnCqkEwWndyNozNEsAZKqMAKv22KohjC
        +C25bSeAlyTtUIIThhgius2acX3LJ+dcRptRS+BFn426OtKYA+S3PZYHNRNk62Nn
        Ehx0tZv1Y5qKXkAy3nfwaBU7hpmHXCqGh6BWEyDRqvYO46Dt8O1UeqEtglATifcE
        OKoB03+cvk7ftWlxsh2+Ooxua92V9xRgK6XvoJ0iQzcgkF8lZkFZsNDdm3pPjjBP
        tjJCNE+hWvOs68XoW0SvLYbSUD1WbCVOq0og8JgrVwKBgQDuz0NgiPziQfIQXLiA
        R+YMIoA09YlEh1g1htR/cbQNjqKDWc1X5YooPbD93i9wCdJkIlDKcTSlXA0reNA0
        SjjcEeI/BJ1yenfIY9Uo3ty1OqwBSDcUFTehAlpq2uVrzYJVVt7Z96K6nY36xwr4
        ku1UD6wEamBy3Vk/7lZ5Fqi6ywKBgQDjG7TFKE299NGyo7ACE4DmQdpIqN7By00G
        22A1Xvj+1qG58Yl8pTv9gmZX8mHsjWdVUfnbi3umq3R9/ZgdwpfwJKTURN0YfPx+
        uX8svdQQ/JlHppBRFYfvRilazazPMjo4cu2bT+6LNF0E2MtcHj7JrbP6JfOCjrem
        8iVqzkmRMwKBgQC/uhdWAaVF4bv99vMJyq+fPnPAEQFLy32+O6mPSDJOUB2ZZxe9
        YcQx2pWmvCNJyBjp28MRRSIHQIgyRqSh1pUf2hvSjFn79ucEM2KHlaWMurYtsVTH
        AuHOmp0M/QEEM9JXwY7ZYD99o9DBbdwZBZ0UyCBKyzzz+1IUSb2TKeX9UQKBgG0w
        g/AKmZ4Ll8pwgo3s/Js37A/lCPxZl1YFoTLnz4UOgkEZDMYd10LiL/x2r3gA4D6Y
        JC3W2QNgCakNhNZCGbS+mXTpCvfcF7WBz9AeEFh+ad+WCGrDlFCJBhb/LeeMOYus
        TerPOlw5N8O9y8AlVoC2gAJzvqj1nvyoDS9VsO8bAoGBANANiDASZMmUm/mqoLJu
        KGavnIXXMeli3JbxTd7h50jP0TmZcWlKGlYw6cle+Y0QPBhnjSoUffeLXrz1Sejo
        n6PtL4ZQbe1bk6e95gCVbrgdfErkAS6zpeLHQe68r9LXoXXqg7CRrC3c3p1MZrst
        kABo63zMl9uKU+vz6HfQscLW
        -----END PRIVATE KEY-----
        """
}
