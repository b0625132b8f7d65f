import LatchkeyTokens
import TestSupport
import Testing

/// ES256, EdDSA, PS256 and RS256, chosen by client or by issuer, read with jwt-kit (RFC 9068 2.1, 4).
struct ClientAlgorithmTests {
    @Test func `each client's tokens are signed with its algorithm, by a key of the JWKS`() async throws {
        try await withServer { server in
            try await server.addUser()
            for algorithm in JWSAlgorithm.allCases {
                try await server.addClient("spa-\(algorithm.rawValue)", algorithm: algorithm)
            }
            try await server.addClient("default")
            let reader = PollingReader(server.http)
            try await reader.fetchKeys()
            let published = try await server.publishedKeys()
            for algorithm in JWSAlgorithm.allCases {
                let login = try await server.login(client: "spa-\(algorithm.rawValue)")
                let token = try #require(login["access_token"], "\(login.text)")
                #expect(try PollingReader.algorithm(token) == algorithm.rawValue)
                let kid = try PollingReader.keyID(token)
                #expect(published.contains { $0.kid == kid && $0.algorithm == algorithm.rawValue })
                #expect(try await reader.judge(token) == .accepted)
                #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: token).status == 200)
                // One byte of the signature, and it is nobody's token.
                let middle = token.index(token.endIndex, offsetBy: -20)
                let other = token[middle] == "A" ? "B" : "A"
                let forged = String(token[..<middle]) + other + String(token[middle...].dropFirst())
                #expect(try await reader.judge(forged) == .badSignature)
                #expect(try await server.http.authorised("GET", "/api/v1/me", bearer: forged).status == 401)
            }
            let plain = try #require(try await server.login(client: "default")["access_token"])
            #expect(try PollingReader.algorithm(plain) == "ES256")
        }
    }

    @Test(arguments: [JWSAlgorithm.rs256, .edDSA])
    func `the issuer's algorithm signs tokens and the list`(algorithm: JWSAlgorithm) async throws {
        try await withServer(["tokens.algorithm": algorithm.rawValue]) { server in
            let secret = try await server.addConfidentialClient()
            let token = try await server.serviceToken(secret: secret)
            #expect(try PollingReader.algorithm(token) == algorithm.rawValue)
            let reader = PollingReader(server.http)
            try await reader.fetchKeys()
            #expect(try await reader.judge(token) == .accepted)
            let list = try await server.http.get("/revocations.jwt")
            #expect(try PollingReader.algorithm(list.text) == algorithm.rawValue)
            #expect(try await reader.judge(list.text) == .notAnAccessToken, "a list is no access token")
        }
    }

    @Test func `the JWKS holds no private member`() async throws {
        try await withServer { server in
            for algorithm in JWSAlgorithm.allCases {
                try await server.addClient("c-\(algorithm.rawValue)", algorithm: algorithm)
            }
            let keys = try #require(
                try await server.http.get("/.well-known/jwks.json").json.object?["keys"]?.array?.compactMap(\.object))
            #expect(keys.count == 8)
            for key in keys {
                let names = Set(key.members.map(\.name))
                #expect(names.isDisjoint(with: ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]), "\(names)")
                #expect(names.isSuperset(of: ["kty", "kid", "alg", "use"]))
            }
        }
    }
}
