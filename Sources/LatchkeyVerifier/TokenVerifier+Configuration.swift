public import AsyncHTTPClient
public import LatchkeyTokens
public import Logging

extension TokenVerifier {
    /// The configuration of a verifier. Issuer and audience are enough; everything else has a safe default.
    public struct Configuration: Sendable {
        /// The issuer as it appears in `iss`: compared byte for byte.
        public var issuer: String
        /// The name under which tokens are issued for this service.
        public var audience: String
        /// The URL at which the issuer is reached, if that differs from the issuer itself: inside a cluster, or through
        /// a mirror. Without a trailing slash.
        public var server: String
        /// The authorities that must have issued the server's certificate: ``TrustRoots/file(_:)`` for one of your own.
        public var trustRoots = TrustRoots.system
        /// The accepted signature algorithms.
        public var algorithms = Set(JWSAlgorithm.allCases)
        /// How far clocks may disagree about the times in a token; clamped to 0 to 120 s.
        public var skew: Duration = .seconds(60)
        /// The name under which the server shows this service among its consumers: at most 64 printable ASCII
        /// characters. Replicas of one service should have different names.
        public var consumer: String?
        /// The credentials of this service, for servers with `revocations.access = clients` and for introspection.
        public var credentials: ServiceCredentials?
        /// What happens while the list is not fresh, unless a call specifies another policy.
        public var policy: FreshnessPolicy = .failClosed
        /// How news of the list arrives.
        public var polling: PollingMode = .longPoll()
        /// Whether only a list with the issuer's signature counts: for lists that come through a mirror or a CDN.
        public var requiresSignedList = false
        /// How long after a fetch an unknown `kid` in a token causes no further fetch of the keys.
        public var keyCoolDown: Duration = .seconds(30)
        /// How much is accepted from the server.
        public var limits = Limits()
        /// Sends the requests. A client of your own should not follow redirects (a redirected response is refused
        /// anyway) and should allow one connection for each long poll. It should not retry refused connections itself
        /// (`retryConnectionEstablishment`), or the verifier notices late that the server is back.
        public var httpClient: HTTPClient
        /// Nil to log nothing.
        public var logger: Logger?
        /// The clock. The default is the machine's clock. Use another one only in tests: a clock that stands still lets
        /// expired tokens pass.
        public var now: @Sendable () -> Timestamp = { .wallClock }
        /// Waits between requests; replaced in tests. Throws when the task is cancelled.
        package var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
        /// From 0 to 1: spreads requests; replaced in tests.
        package var jitter: @Sendable () -> Double = { .random(in: 0...1) }

        /// - Parameters:
        ///   - issuer: as it appears in `iss`.
        ///   - audience: the name under which tokens are issued for this service.
        ///   - server: the URL at which the issuer is reached; nil for the issuer's own.
        ///   - httpClient: nil for a client that all verifiers share and that follows no redirects.
        public init(issuer: String, audience: String, server: String? = nil, httpClient: HTTPClient? = nil) {
            self.issuer = issuer
            self.audience = audience
            let base = server ?? issuer
            self.server = base.hasSuffix("/") ? String(base.dropLast()) : base
            self.httpClient = httpClient ?? VerifierHTTP.sharedClient
        }
    }

    /// Limits on what a server, or a party between, can make us read, hold and wait for.
    public struct Limits: Sendable {
        /// The longest list document, in bytes after decompression.
        public var listLength = RevocationDocument.maximumLength
        /// The most entries held; a document that would exceed it is refused, and the list becomes stale.
        public var listEntries = 2_000_000
        /// The longest key set, in bytes; never more than ``JSONWebKeySet/maximumLength``.
        public var keySetLength = JSONWebKeySet.maximumLength
        /// From sending a request to its last byte, in addition to the time that a long poll asks for; less where the
        /// list would become stale meanwhile.
        public var requestTimeout: Duration = .seconds(10)
        /// The same for a full list, which may be large.
        public var snapshotTimeout: Duration = .seconds(30)

        /// The defaults.
        public init() {}
    }

    /// How news of the list arrives.
    public struct PollingMode: Sendable, Hashable {
        enum Kind: Sendable, Hashable {
            case longPoll(Duration)
            case interval(Duration?)
        }

        let kind: Kind

        /// The server holds each request until there is something new, at most for `wait`. The best choice: a
        /// revocation arrives within milliseconds, and an idle service costs one request in 25 s. While the server, or
        /// a proxy, holds no requests, the list is polled every `next_update` instead.
        ///
        /// - Parameter wait: clamped to 1 to 60 s, and below half of the list's `expires_in`.
        public static func longPoll(wait: Duration = .seconds(25)) -> PollingMode {
            PollingMode(kind: .longPoll(min(max(wait, .seconds(1)), .seconds(60))))
        }

        /// One request per interval, a random amount early: for proxies that cannot hold a request.
        ///
        /// - Parameter interval: nil for the server's `next_update`; at least 100 ms, and below a third of the list's
        ///   `expires_in`.
        public static func interval(_ interval: Duration? = nil) -> PollingMode {
            PollingMode(kind: .interval(interval.map { max($0, .milliseconds(100)) }))
        }
    }
}
