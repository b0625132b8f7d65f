package import HTTPTypes
package import LatchkeyCore
package import LatchkeyTokens

/// How a client identifies itself, by exactly one method (RFC 6749 2.3): Basic, members of the body, or its id alone.
package struct ClientAuthentication: Sendable {
    package let id: ClientID
    /// Nil for an id alone, which is enough for public clients.
    package let secret: ClientSecret?

    /// Reads the header and the body's parameters, whatever kind of body it is.
    /// - Returns: nil when the request names no client.
    /// - Throws: `Refusal` `invalid_request` for two methods at once or two ids, `invalid_client` for text that cannot
    ///   be a client id.
    package init?(_ fields: HTTPFields, bodyID: String?, bodySecret: String?) throws(Refusal) {
        let basic = try BasicCredentials(fields)
        if let basic {
            guard bodySecret == nil else {
                throw Refusal(.invalidRequest, "Authenticate the client with HTTP Basic or in the body, not both.")
            }
            guard bodyID?.equalsBytes(of: basic.name) ?? true else {
                throw Refusal(.invalidRequest, "The body and the Authorization header name different clients.")
            }
        }
        guard let name = basic?.name ?? bodyID else {
            guard bodySecret == nil else { throw Refusal(.invalidRequest, "A client secret needs a client_id.") }
            return nil
        }
        guard let id = ClientID(name) else {
            throw Refusal(.invalidClient, "Client authentication failed: check client id and secret.")
        }
        self.id = id
        // Some libraries send Basic with an empty secret for a public client.
        let secret = (basic?.secret).flatMap { $0.isEmpty ? nil : $0 } ?? bodySecret
        self.secret = secret.map(ClientSecret.init)
    }
}

extension ClientAuthentication {
    /// From a form body.
    /// - Throws: as ``init(_:bodyID:bodySecret:)``.
    init?(_ fields: HTTPFields, form: RequestParameters) throws(Refusal) {
        try self.init(fields, bodyID: form["client_id"], bodySecret: form["client_secret"])
    }

    /// From a JSON body.
    /// - Throws: as ``init(_:bodyID:bodySecret:)``, and for members that are not strings.
    init?(_ fields: HTTPFields, json: JSONBody) throws(Refusal) {
        try self.init(fields, bodyID: json.text("client_id"), bodySecret: json.text("client_secret"))
    }
}

extension JSONBody {
    /// A string that was given and is not empty; an empty one counts as absent, as in forms.
    func text(_ name: String) throws(Refusal) -> String? {
        try string(name).flatMap { $0.isEmpty ? nil : $0 }
    }
}
