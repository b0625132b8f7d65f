import LatchkeyTokens

/// Requests of the scenarios beyond those of ``Population``.
enum Requests {
    static let keySet = HTTPRequest.get("/.well-known/jwks.json")
    static let list = HTTPRequest.get("/revocations")

    /// Asks about a token as the confidential client.
    static func introspection(_ token: [UInt8], authorization: String) -> [UInt8] {
        let body = Array("token=".utf8) + token
        let head = [
            "POST /oauth2/introspect HTTP/1.1", "Host: localhost", "Authorization: \(authorization)",
            "Content-Type: application/x-www-form-urlencoded", "Content-Length: \(body.count)", "", "",
        ]
        return Array(head.joined(separator: "\r\n").utf8) + body
    }

    static func login(_ user: String, password: String = Population.password) -> [UInt8] {
        let body = #"{"username":"\#(user)","password":"\#(password)","client_id":"\#(Population.client)"}"#
        return HTTPRequest.post("/api/v1/login", type: "application/json", body: body)
    }

    /// What the list and the keys are asked with when the caller has them already.
    static func conditional(_ path: String, at endpoint: Endpoint) throws -> [UInt8] {
        let connection = try HTTPConnection(endpoint)
        try connection.exchange(HTTPRequest.get(path), expecting: 200)
        for line in connection.head.split(separator: "\r\n") where line.lowercased().hasPrefix("etag:") {
            let tag = line.dropFirst("etag:".count).trimmingPrefix(" ")
            return HTTPRequest.get(path, fields: ["If-None-Match: \(tag)"])
        }
        throw BenchFailure("\(path) has no ETag.")
    }

    /// Asks the list for what has happened since now.
    static func poll(at endpoint: Endpoint) throws -> [UInt8] {
        let connection = try HTTPConnection(endpoint)
        let fields = ["Accept: \(RevocationDocument.Form.columns.mediaType)"]
        try connection.exchange(HTTPRequest.get("/revocations", fields: fields), expecting: 200)
        let list = try RevocationDocument(
            parsing: Array(connection.body), maximumLength: 1 << 28, maximumEntries: 2_000_000)
        return HTTPRequest.get("/revocations?after=\(list.sequence)&epoch=\(list.epoch)")
    }

    /// The same request again and again, answered with `status`.
    static func errand(_ request: [UInt8], _ kind: String, status: Int = 200) -> Errand {
        Errand(
            request: request,
            settle: { answer in
                try answer.expect(status)
                return kind
            }, kind: kind)
    }
}
