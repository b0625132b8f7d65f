import Foundation
import LatchkeyBytes

/// The users and clients of the load: created through the admin API on the server's Unix socket.
struct Population: Sendable {
    /// A public first-party client.
    static let client = "bench"
    /// A confidential client, which may collect passwords too and then introspect its tokens.
    static let service = "bench-service"
    /// Valid only on this machine and gone within minutes, like the password.
    static let serviceSecret = "b7pVx2mKq9sTz4wLc8nRf3hJ6yGd5aEu"
    static let password = "plenty of tokens for everyone"
    /// As many as there are clients at the login rows, so that no two wait for each other's attempts.
    static let users = (1...64).map { "person-\($0)" }
    /// Entries of a list that weighs 100 KB as plain JSON.
    static let listEntries = 1050

    private let admin: Endpoint

    init(admin: Endpoint) { self.admin = admin }

    /// Users and clients.
    func create() throws {
        let connection = try HTTPConnection(admin)
        try post(
            connection, "clients", #"{"id":"\#(Self.client)","kind":"public","first_party":true}"#)
        try post(
            connection, "clients",
            #"{"id":"\#(Self.service)","kind":"confidential","first_party":true,"grants":["refresh_token"],"#
                + #""client_secret":"\#(Self.serviceSecret)"}"#)
        for name in Self.users {
            try post(connection, "users", #"{"name":"\#(name)","password":"\#(Self.password)"}"#)
        }
    }

    /// The client of ``SignIn``.
    func createApplication() throws {
        try post(
            try HTTPConnection(admin), "clients",
            #"{"id":"\#(SignIn.client)","kind":"public","consent":"never","redirect_uris":["\#(SignIn.redirectURI)"]}"#)
    }

    /// What a login gives.
    struct Tokens: Sendable {
        let access: String
        let refresh: String
    }

    /// Signs users in, in turn.
    /// - Parameter asService: as the confidential client.
    static func logIn(count: Int, at endpoint: Endpoint, asService: Bool = false) throws -> [Tokens] {
        let connection = try HTTPConnection(endpoint)
        return try (0..<count).map { index in
            try connection.exchange(loginRequest(users[index % users.count], asService: asService), expecting: 200)
            return Tokens(
                access: try connection.text(of: "access_token"), refresh: try connection.text(of: "refresh_token"))
        }
    }

    static func loginRequest(_ user: String, asService: Bool = false) -> [UInt8] {
        let name = asService ? "" : #","client_id":"\#(client)""#
        let body = #"{"username":"\#(user)","password":"\#(password)"\#(name)}"#
        return HTTPRequest.post(
            "/api/v1/login", type: "application/json", fields: asService ? [serviceCredentials] : [], body: body)
    }

    /// By which the confidential client authenticates itself.
    static let serviceAuthorization = "Basic " + Base64.string(Array("\(service):\(serviceSecret)".utf8), padded: true)
    static let serviceCredentials = "Authorization: \(serviceAuthorization)"

    private func post(_ connection: HTTPConnection, _ noun: String, _ body: String) throws {
        let request = HTTPRequest.post("/api/v1/admin/\(noun)", type: "application/json", body: body)
        try connection.exchange(request, expecting: 201)
    }
}
