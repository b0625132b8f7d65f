public import AsyncHTTPClient
public import LatchkeyTokens
public import Logging

extension TokenVerifier {
    /// What a verifier has to know. Issuer and audience are enough; everything else has a default that is safe.
    public struct Configuration: Sendable {
        /// The issuer, as it stands in `iss`: compared byte for byte.
        public var issuer: String
        /// The name under which tokens are issued for this service.
        public var audience: String
        /// Where the issuer is reached, when that is not where its name points: inside a cluster, through a mirror.
        /// Without a slash at the end.
        public var server: String
        /// The authorities that the server's certificate must come from: ``TrustRoots/file(_:)`` for one of your own.
        public var trustRoots = TrustRoots.system
        /// The signature algorithms accepted.
        public var algorithms = Set(JWSAlgorithm.allCases)
        /// How far clocks may disagree about the times in a token; brought into 0 to 120 s.
        public var skew: Duration = .seconds(60)
        /// The name under which the server shows this service among its consumers: at most 64 printable ASCII
        /// characters. Replicas of one service should have different ones.
        public var consumer: String?
        /// Who we are, for servers with `revocations.access = clients` and for introspection.
        public var credentials: ServiceCredentials?
        /// What happens while the list is not fresh, unless a call says otherwise.
        public var policy: FreshnessPolicy = .failClosed
        /// How news of the list comes here.
        public var polling: PollingMode = .longPoll()
        /// Whether the list counts only with the issuer's signature: for lists that come through a mirror or a CDN.
        public var requiresSignedList = false
        /// How long a token's unknown `kid` brings about no further request of the keys.
        public var keyCoolDown: Duration = .seconds(30)
        /// How much is taken from the server.
        public var limits = Limits()
        /// Carries the requests. One of your own should not follow redirects (an answer that was redirected is refused
        /// anyway), should allow a connection for each long poll, and should not retry refused connections by itself
        /// (`retryConnectionEstablishment`), or the server's return is noticed late.
        public var httpClient: HTTPClient
        /// Nil for silence.
        public var logger: Logger?
        /// The clock. Its default is the machine's; anything else is for tests, since a clock that stands still lets
        /// expired tokens pass.
        public var now: @Sendable () -> Timestamp = { .wallClock }
        /// Waits between requests; for tests. Throws when the task is cancelled.
        package var sleep: @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
        /// From 0 to 1: spreads requests; for tests.
        package var jitter: @Sendable () -> Double = { .random(in: 0...1) }

        /// - Parameters:
        ///   - issuer: as it stands in `iss`.
        ///   - audience: the name under which tokens are issued for this service.
        ///   - server: where the issuer is reached; nil for where its name points.
        ///   - httpClient: nil for one that all verifiers share and that follows no redirects.
        public init(issuer: String, audience: String, server: String? = nil, httpClient: HTTPClient? = nil) {
            self.issuer = issuer
            self.audience = audience
            let base = server ?? issuer
            self.server = base.hasSuffix("/") ? String(base.dropLast()) : base
            self.httpClient = httpClient ?? VerifierHTTP.sharedClient
        }
    }

    /// Bounds on what a server, or whoever stands between, can make us read, hold and wait for.
    public struct Limits: Sendable {
        /// The longest list document, in bytes after decompression.
        public var listLength = RevocationDocument.maximumLength
        /// The most entries held; a document that would exceed it is refused, and the list turns stale.
        public var listEntries = 2_000_000
        /// The longest key set, in bytes; never more than ``JSONWebKeySet/maximumLength``.
        public var keySetLength = JSONWebKeySet.maximumLength
        /// From sending a request to its last byte, beyond the time that a long poll asks for; less where the list would
        /// turn stale meanwhile.
        public var requestTimeout: Duration = .seconds(10)
        /// The same for a whole list, which may be large.
        public var snapshotTimeout: Duration = .seconds(30)

        /// The defaults.
        public init() {}
    }

    /// How news of the list comes here.
    public struct PollingMode: Sendable, Hashable {
        enum Kind: Sendable, Hashable {
            case longPoll(Duration)
            case interval(Duration?)
        }

        let kind: Kind

        /// Each request is held by the server until there is something new, for at most so long. The best choice: a
        /// revocation arrives within milliseconds, and an idle service costs one request in 25 s. While the server, or a
        /// proxy, holds no requests, the list is asked for every `next_update` instead.
        ///
        /// - Parameter wait: brought into 1 to 60 s, and below half of the list's `expires_in`.
        public static func longPoll(wait: Duration = .seconds(25)) -> PollingMode {
            PollingMode(kind: .longPoll(min(max(wait, .seconds(1)), .seconds(60))))
        }

        /// A request every so often, a little sooner at random: for proxies that cannot hold a request.
        ///
        /// - Parameter interval: nil for the server's `next_update`; at least 100 ms, and below a third of the list's
        ///   `expires_in`.
        public static func interval(_ interval: Duration? = nil) -> PollingMode {
            PollingMode(kind: .interval(interval.map { max($0, .milliseconds(100)) }))
        }
    }
}
