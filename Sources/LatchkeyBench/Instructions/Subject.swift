extension Instructions {
    /// What is counted.
    enum Subject: String, Encodable, Sendable {
        case refresh, login, introspection, jwks, poll, empty
        case verification, signature

        /// The subjects that a server answers.
        static let requests: [Subject] = [.refresh, .login, .introspection, .jwks, .poll, .empty]

        var title: String {
            switch self {
            case .refresh: "POST /oauth2/token, a refresh"
            case .login: "POST /api/v1/login, without its hash"
            case .introspection: "POST /oauth2/introspect, an access token"
            case .jwks: "GET JWKS"
            case .poll: "GET list, If-None-Match"
            case .empty: "GET /healthz"
            case .verification: "LatchkeyVerifier, one token, without its signature"
            case .signature: "  the signature, ES256"
            }
        }

        /// The client that requests it.
        func client(_ server: ServerUnderTest) throws -> any LoadClient {
            switch self {
            case .refresh:
                Rotation(token: try Population.logIn(count: 1, at: server.endpoint)[0].refresh)
            case .login:
                LoginsInTurn()
            case .introspection:
                Introspections.client(try Population.logIn(count: 1, at: server.endpoint, asService: true)[0].access)
            case .jwks:
                SameRequest(request: HTTPRequest.get("/.well-known/jwks.json"))
            case .poll:
                SameRequest(
                    request: HTTPRequest.get(
                        "/revocations", fields: ["If-None-Match: \(try Self.tag(of: server))"]), expected: 304)
            case .empty:
                SameRequest(request: HTTPRequest.get("/healthz"))
            case .verification, .signature:
                throw BenchFailure("\(rawValue) is not a request to a server.")
            }
        }

        private static func tag(of server: ServerUnderTest) throws -> String {
            let connection = try HTTPConnection(server.endpoint)
            try connection.exchange(HTTPRequest.get("/revocations"), expecting: 200)
            guard let tag = connection.field("etag") else { throw BenchFailure("The revocation list has no ETag.") }
            return tag
        }
    }
}

/// Signs in one user after the other, so that none exceeds the limit of sessions.
private struct LoginsInTurn: LoadClient {
    private var next = 0

    var request: [UInt8] { Population.loginRequest(Population.users[next % Population.users.count]) }

    mutating func take(status: Int, from connection: HTTPConnection) throws {
        try connection.check(status, expecting: 200)
        next += 1
    }
}
