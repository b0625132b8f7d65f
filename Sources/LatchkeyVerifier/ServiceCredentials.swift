/// The credentials of this service towards the server. A description never contains the secret.
public struct ServiceCredentials: Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    enum Kind: Sendable {
        case basic(id: String, secret: String)
        case bearer(@Sendable () async throws -> String)
    }

    let kind: Kind

    /// A confidential client's id and secret, sent as HTTP Basic with each request that needs them (RFC 6749 section
    /// 2.3.1). The only kind that can introspect.
    public static func client(id: String, secret: String) -> ServiceCredentials {
        ServiceCredentials(kind: .basic(id: id, secret: secret))
    }

    /// An access token of the client itself, requested before each request; the closure that provides it must renew it.
    public static func bearer(_ token: @escaping @Sendable () async throws -> String) -> ServiceCredentials {
        ServiceCredentials(kind: .bearer(token))
    }

    /// Without the secret.
    public var description: String {
        switch kind {
        case .basic(let id, _): "client \(id), secret <redacted>"
        case .bearer: "bearer <redacted>"
        }
    }

    /// Without the secret.
    public var debugDescription: String { description }
}
