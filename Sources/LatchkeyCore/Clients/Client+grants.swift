import LatchkeyTokens

extension Client {
    /// A way to get a token (RFC 6749 1.3): its `grant_type`, and the clients that have it.
    package struct Grant: Sendable, Hashable {
        /// As in `grant_type`.
        package let name: String
        /// The kinds of clients that may be given it.
        package let kinds: [Kind]
        /// The kinds of clients that have it when they are registered without a list of grants.
        ///
        /// Written out for each grant, because a default here would reach every future client. An existing client has
        /// its own list, to which a new grant is never added.
        package let defaultKinds: [Kind]

        package init(_ name: String, kinds: [Kind], byDefaultFor defaultKinds: [Kind]) {
            self.name = name
            self.kinds = kinds
            self.defaultKinds = defaultKinds
        }

        /// By name. Both names are ours and ASCII; names from requests go through ``named(_:among:)``.
        package static func == (lhs: Grant, rhs: Grant) -> Bool { lhs.name == rhs.name }

        package func hash(into hasher: inout Hasher) { hasher.combine(name) }
    }
}

extension Client.Grant {
    /// RFC 6749 4.1: a code of the authorization endpoint.
    package static let authorizationCode = Client.Grant(
        "authorization_code", kinds: [.public, .confidential], byDefaultFor: [.public, .confidential])
    /// RFC 6749 6.
    package static let refreshToken = Client.Grant(
        "refresh_token", kinds: [.public, .confidential], byDefaultFor: [.public, .confidential])
    /// RFC 6749 4.4. Needs a secret.
    package static let clientCredentials = Client.Grant(
        "client_credentials", kinds: [.confidential], byDefaultFor: [.confidential])

    /// All grants, in the order in which they are listed everywhere: in the metadata, in the API document, with a
    /// client.
    package static let all = [authorizationCode, refreshToken, clientCredentials]

    /// The grant of exactly this name.
    package static func named(_ name: String, among grants: [Client.Grant] = all) -> Client.Grant? {
        grants.first { $0.name.equalsBytes(of: name) }
    }

    /// The grants of a client of this kind that is registered without a list.
    package static func defaults(for kind: Client.Kind, among grants: [Client.Grant] = all) -> [Client.Grant] {
        grants.filter { $0.defaultKinds.contains(kind) }
    }
}
