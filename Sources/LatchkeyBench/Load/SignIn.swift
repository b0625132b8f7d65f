import LatchkeyBytes

/// A browser that is signed in, and the application that sends it: authorize, code, tokens, again and again.
///
/// The browser's ninth sign-in ends its first, as the server's limit for one application in one browser session has it.
struct SignIn: LoadClient {
    /// A public client whose users are not asked.
    static let client = "bench-app"
    static let redirectURI = "https://app.example/callback"

    private static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    private static let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    /// The authorization request, escaped for a query and for a form.
    static let query =
        "response_type=code&client_id=\(client)&redirect_uri=\(PercentEncoding.encode(redirectURI))&scope=openid"
        + "&state=af0ifjsldkj&nonce=n-0S6_WzA2Mj&code_challenge=\(challenge)&code_challenge_method=S256"
    private static let member = Array(#""id_token":""#.utf8)

    private(set) var request: [UInt8]
    private let authorize: [UInt8]
    private var isRedeeming = false
    private var begun: UInt64?
    /// Nanoseconds from the authorization request to the tokens, one of each sign-in that succeeded.
    private(set) var latencies: [UInt64] = []

    /// - Parameter cookies: of the browser that is signed in.
    init(cookies: String) {
        authorize = HTTPRequest.get("/oauth2/authorize?\(Self.query)", fields: ["Cookie: \(cookies)"])
        request = authorize
    }

    /// Before the first request of a slice.
    mutating func begin() {
        request = authorize
        isRedeeming = false
        begun = Stopwatch.now()
        latencies = []
    }

    mutating func take(status: Int, from connection: HTTPConnection) throws {
        if isRedeeming {
            isRedeeming = false
            request = authorize
            try connection.check(status, expecting: 200)
            _ = try connection.bytes(behind: Self.member)
            let now = Stopwatch.now()
            if let begun { latencies.append(now - begun) }
            begun = now
        } else {
            try connection.check(status, expecting: 303)
            guard let location = connection.field("location"),
                let code = location.split(whereSeparator: { "?&".contains($0) }).first(where: { $0.hasPrefix("code=") })
            else { throw BenchFailure("No code: \(connection.field("location") ?? "no Location")") }
            request = HTTPRequest.form(
                "/oauth2/token",
                body: "grant_type=authorization_code&client_id=\(Self.client)&\(code)"
                    + "&redirect_uri=\(PercentEncoding.encode(Self.redirectURI))&code_verifier=\(Self.verifier)")
            isRedeeming = true
        }
    }

    /// The cookies of a browser in which a person has just signed in with the password.
    static func browser(of user: String, at server: ServerUnderTest) throws -> String {
        let connection = try HTTPConnection(server.endpoint)
        try connection.exchange(HTTPRequest.get("/oauth2/authorize?\(query)"), expecting: 200)
        let step = try cookies(of: connection)
        let seal = String(decoding: try connection.bytes(behind: Array(#"name="seal" value=""#.utf8)), as: UTF8.self)
        let fields = ["Origin: \(server.issuer)", "Cookie: \(step)"]
        let form = "\(query)&seal=\(PercentEncoding.encode(seal))&username=\(user)"
        let password = PercentEncoding.encode(Population.password)
        try connection.exchange(
            HTTPRequest.form("/signin/password", fields: fields, body: "\(form)&password=\(password)"), expecting: 200)
        return "\(step); \(try cookies(of: connection))"
    }

    private static func cookies(of connection: HTTPConnection) throws -> String {
        guard let cookie = connection.field("set-cookie")?.split(separator: ";").first else {
            throw BenchFailure("The page has set no cookie.")
        }
        return String(cookie)
    }
}
