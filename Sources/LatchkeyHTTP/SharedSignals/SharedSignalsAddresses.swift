import LatchkeyCore

/// The URLs of the event endpoints, as sent to receivers.
struct SharedSignalsAddresses: Sendable {
    static let stream = "/ssf/stream"
    static let status = "/ssf/status"
    static let verification = "/ssf/verify"
    static let poll = "/ssf/poll"
    static let wellKnown = "/.well-known/ssf-configuration"
    /// Poll delivery, the only method (SSF 6.1.2).
    static let pollMethod = "urn:ietf:rfc:8936"

    /// The issuer without a trailing slash.
    private let base: String

    init(issuer: String) { base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer }

    /// The absolute URL of one of our paths.
    func url(_ path: String) -> String { base + path }

    /// Where a stream is polled.
    func poll(_ id: StreamID) -> String { url(Self.poll) + "/" + id.description }
}
