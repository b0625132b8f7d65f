/// What the load works on: made through the admin API on the server's Unix socket.
struct Population: Sendable {
    static let client = "bench"
    /// Passes the default policy; the server is reachable from this machine alone and gone within minutes.
    static let password = "plenty of tokens for everyone"
    /// As many as there are clients at the login row, so that no two wait for each other's attempts.
    static let users = (1...16).map { "person-\($0)" }

    private let admin: Endpoint

    init(admin: Endpoint) { self.admin = admin }

    /// Users and a public first-party client.
    func create() throws {
        let connection = try HTTPConnection(admin)
        try post(
            connection, "clients", #"{"id":"\#(Self.client)","kind":"public","first_party":true}"#)
        for name in Self.users {
            try post(connection, "users", #"{"name":"\#(name)","password":"\#(Self.password)"}"#)
        }
    }

    /// Entries of the revocation list, for tokens that nobody has.
    func revoke(count: Int) throws {
        let connection = try HTTPConnection(admin)
        for number in 0..<count {
            // 22 characters, as a real id of 16 bytes has.
            let digits = String(number)
            let id = "revoked-" + String(repeating: "0", count: 14 - digits.utf8.count) + digits
            try post(connection, "revocations", #"{"kind":"token","id":"\#(id)"}"#)
        }
    }

    /// Signs users in, in turn, and returns their refresh tokens.
    static func logIn(count: Int, at endpoint: Endpoint) throws -> [String] {
        let connection = try HTTPConnection(endpoint)
        return try (0..<count).map { index in
            try connection.exchange(loginRequest(users[index % users.count]), expecting: 200)
            return try connection.text(of: "refresh_token")
        }
    }

    static func loginRequest(_ user: String) -> [UInt8] {
        let body = #"{"username":"\#(user)","password":"\#(password)","client_id":"\#(client)"}"#
        return HTTPRequest.post("/api/v1/login", type: "application/json", body: body)
    }

    private func post(_ connection: HTTPConnection, _ noun: String, _ body: String) throws {
        let request = HTTPRequest.post("/api/v1/admin/\(noun)", type: "application/json", body: body)
        try connection.exchange(request, expecting: 201)
    }
}
