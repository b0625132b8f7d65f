import LatchkeyTokens

extension Client {
    /// A way to a token (RFC 6749 1.3): what `grant_type` calls it, and which clients have it.
    package struct Grant: Sendable, Hashable {
        /// As in `grant_type`.
        package let name: String
        /// The kinds of clients that may be given it at all.
        package let kinds: [Kind]
        /// The kinds of clients that have it when they are registered without a list of grants.
        ///
        /// Written out for each grant, since whatever is left unsaid here would reach every client of tomorrow. A
        /// client that exists has its own list, which a new grant never enters.
        package let defaultKinds: [Kind]

        package init(_ name: String, kinds: [Kind], byDefaultFor defaultKinds: [Kind]) {
            self.name = name
            self.kinds = kinds
            self.defaultKinds = defaultKinds
        }

        /// By name. Both are ours and ASCII; what others send goes through ``named(_:among:)``.
        package static func == (lhs: Grant, rhs: Grant) -> Bool { lhs.name == rhs.name }

        package func hash(into hasher: inout Hasher) { hasher.combine(name) }
    }
}

extension Client.Grant {
    /// RFC 6749 6.
    package static let refreshToken = Client.Grant(
        "refresh_token", kinds: [.public, .confidential], byDefaultFor: [.public, .confidential])
    /// RFC 6749 4.4. Needs a secret.
    package static let clientCredentials = Client.Grant(
        "client_credentials", kinds: [.confidential], byDefaultFor: [.confidential])

    /// All that exist, in the order in which they are listed everywhere: in metadata, in the API document, with a client.
    package static let all = [refreshToken, clientCredentials]

    /// The grant of exactly this name.
    package static func named(_ name: String, among grants: [Client.Grant] = all) -> Client.Grant? {
        grants.first { $0.name.equalsBytes(of: name) }
    }

    /// What a client of this kind may use when nobody says.
    package static func defaults(for kind: Client.Kind, among grants: [Client.Grant] = all) -> [Client.Grant] {
        grants.filter { $0.defaultKinds.contains(kind) }
    }
}
