import LatchkeyCore
import LatchkeyTokens
import TestSupport
import Testing

struct IDTokenHintTests {
    private let user = UserID.generate(at: Timestamp(seconds: 1))
    private let session = SessionID.generate(at: Timestamp(seconds: 2))

    private func claims(_ server: TestServer, _ change: (inout [String: JSONValue]) -> Void = { _ in }) -> [String:
        JSONValue]
    {
        var claims: [String: JSONValue] = [
            "iss": .string(server.services.settings.issuer), "sub": .string(user.description), "aud": "app",
            "exp": 2, "iat": 1, "auth_time": 1, "sid": .string(session.description),
        ]
        change(&claims)
        return claims
    }

    private func token(
        _ claims: [String: JSONValue], _ server: TestServer, type: String? = "JWT", keyID: KeyID? = nil
    ) throws -> String {
        let signer = try #require(server.services.keyRing.current.signer(for: .es256))
        return try token(claims, signer, type: type, keyID: keyID)
    }

    private func token(
        _ claims: [String: JSONValue], _ signer: KeyRingSnapshot.Signer, type: String? = "JWT", keyID: KeyID? = nil,
        algorithm: JWSAlgorithm? = nil
    ) throws -> String {
        let header = JSONWriter.object { json in
            json.member("alg", (algorithm ?? signer.algorithm).rawValue)
            if let type { json.member("typ", type) }
            json.member("kid", (keyID ?? signer.id).description)
        }
        let payload = JSONWriter.object { json in for (name, value) in claims { json.member(name, value) } }
        return String(
            decoding: try JWS.sign(headerSegment: Base64URL.encode(header), payload: payload) { input in
                try signer.signature(of: input)
            }, as: UTF8.self)
    }

    @Test func `an ID token of ours is a hint, expired or not, with and without a type and a session`() async throws {
        try await withServer { server in
            let hints = server.services.idTokenHints
            let whole = IDTokenHint(user: user, session: session, client: ClientID("app"))
            for type in ["JWT", "jwt", "application/jwt", nil] {
                #expect(try await hints.read(token(claims(server), server, type: type)) == whole)
            }
            let fresh = claims(server) { $0["exp"] = .integer(9_999_999_999) }
            #expect(try await hints.read(token(fresh, server)) == whole)
            let other = claims(server) { $0["aud"] = .array(["another"]) }
            #expect(try await hints.read(token(other, server))?.client == ClientID("another"))
            for audience: JSONValue in [.array([]), .array(["a", "b"]), 1, "no client id"] {
                let token = try token(claims(server) { $0["aud"] = audience }, server)
                #expect(try await hints.read(token) == IDTokenHint(user: user, session: session, client: nil))
            }
            let bare = claims(server) { $0["sid"] = nil }
            #expect(try await hints.read(token(bare, server))?.session == nil)
            #expect(try await hints.read(token(bare, server))?.user == user)
        }
    }

    @Test func `a token whose claims are not an ID token's is no hint`() async throws {
        try await withServer { server in
            let issuer = server.services.settings.issuer
            let changes: [(String, JSONValue?)] = [
                ("iss", nil), ("iss", "https://other.example"), ("iss", .string(issuer + "/")),
                ("iss", .string(issuer.uppercased())), ("iss", 1), ("sub", nil), ("sub", "ada"), ("sub", ""),
                ("sub", 1),
                ("sub", .string(user.description.uppercased() + "x")), ("sid", "x"), ("sid", 1), ("sid", .null),
                // An access token or a logout token that somebody gave the type of an ID token.
                ("client_id", "app"), ("events", .array([])),
            ]
            for (name, value) in changes {
                let token = try token(claims(server) { $0[name] = value }, server)
                #expect(
                    try await server.services.idTokenHints.read(token) == nil, "\(name) \(String(describing: value))")
            }
        }
    }

    @Test func `a token of another type is no hint`() async throws {
        try await withServer { server in
            for type in ["at+jwt", "application/at+jwt", "logout+jwt", "secevent+jwt", "revocations+jwt", "", "JWTx"] {
                let token = try token(claims(server), server, type: type)
                #expect(try await server.services.idTokenHints.read(token) == nil, "\(type)")
            }
            try await server.addUser()
            try await server.addClient()
            let access = try #require(try await server.login()["access_token"])
            #expect(try await server.services.idTokenHints.read(access) == nil)
        }
    }

    @Test func `a token with another signature, algorithm, key or form is no hint`() async throws {
        try await withServer { server in
            let hints = server.services.idTokenHints
            let signer = try #require(server.services.keyRing.current.signer(for: .es256))
            let good = try token(claims(server), server)
            let parts = good.utf8.split(separator: UInt8(ascii: ".")).map { String(Substring($0)) }
            let other = try token(claims(server) { $0["aud"] = "other" }, server)
                .utf8.split(separator: UInt8(ascii: ".")).map { String(Substring($0)) }
            let unknown = try #require(KeyID(String(repeating: "a", count: 42) + "A"))
            let bad = [
                "", ".", "..", "x.y.z", good + "x", good + ".", " " + good, good + "=", parts[0] + "." + parts[1] + ".",
                parts[0] + "." + other[1] + "." + parts[2], parts[0] + "." + parts[1] + "." + other[2],
                "." + parts[1] + "." + parts[2], String(repeating: "a", count: 5000),
                try token(claims(server), server, keyID: unknown),
                try token(claims(server), signer, algorithm: .edDSA),
                Base64URL.string(Array(#"{"alg":"none"}"#.utf8)) + "." + parts[1] + ".",
                Base64URL.string(Array(#"{"alg":"ES256","typ":"JWT"}"#.utf8)) + "." + parts[1] + "." + parts[2],
                try token(claims(server) { $0["x"] = .string(String(repeating: "x", count: 3500)) }, server),
            ]
            for token in bad { #expect(try await hints.read(token) == nil, "\(token.prefix(60))") }
            #expect(try await hints.read(good) != nil)
        }
    }

    @Test func `a key that has left the key set still reads hints, and a withdrawn one does not`() async throws {
        let clock = TestClock()
        try await withServer(clock: clock) { server in
            let services = server.services
            let first = try #require(services.keyRing.current.signer(for: .es256))
            let early = try token(claims(server), first)
            // The next key signs, and the first one leaves the key set.
            clock.advance(by: .seconds(60 * 86400))
            try await services.keys.tick()
            clock.advance(by: .seconds(2 * 86400))
            try await services.keys.tick()
            #expect(services.keyRing.current.verificationKey(first.id) == nil)
            #expect(try await services.idTokenHints.read(early) != nil)
            #expect(try await services.idTokenHints.read(early) != nil)
            let second = try #require(services.keyRing.current.signer(for: .es256))
            #expect(second.id != first.id)
            let late = try token(claims(server), second)
            #expect(try await services.idTokenHints.read(late) != nil)
            // Both kinds of withdrawal: of a key that is long gone, and of one that signs.
            try await services.keys.emergency(only: first.id, actor: .operator)
            #expect(try await services.idTokenHints.read(early) == nil)
            #expect(try await services.idTokenHints.read(late) != nil)
            try await services.keys.emergency(actor: .operator)
            #expect(try await services.idTokenHints.read(late) == nil)
            #expect(try await services.idTokenHints.read(early) == nil)
        }
    }
}
