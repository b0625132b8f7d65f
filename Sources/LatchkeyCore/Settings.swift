package import Argon2
package import LatchkeyTokens

/// Every setting with its default. Plain values: only `latchkey` knows where they came from. `Config/latchkey.yaml`
/// documents each one, and a test checks it against the code.
package struct Settings: Sendable {
    /// The issuer identifier (RFC 8414 2): an https URL without query and fragment, or http on a loopback host.
    package var issuer: String
    package var tokens = Tokens()
    package var refresh = Refresh()
    package var password = Password()
    package var login = Login()
    package var users = Users()
    package var claims = Claims()
    package var sentences = ScopeSentences()
    package var keys = Keys()
    package var revocations = Revocations()
    package var sharedSignals = SharedSignals()
    package var statusList = StatusList()
    package var jwksMaxAge: Duration = .seconds(300)
    package var auditRetention: Duration = .seconds(90 * 86400)

    package init(issuer: String) { self.issuer = issuer }

    package struct Tokens: Sendable {
        /// 30 s to 3600 s.
        package var accessLifetime: Duration = .seconds(300)
        package var algorithm: JWSAlgorithm = .es256
        /// `nil`: the issuer.
        package var audience: String?
        /// The largest clock difference that verifiers may allow.
        package var maxSkew: Duration = .seconds(120)
        package init() {}
        /// No access token of ours lives longer, whatever a client or command requests.
        package static let longestLifetime: Duration = .seconds(3600)
        package static let shortestLifetime: Duration = .seconds(30)
        /// An ID token says that somebody has signed in; it opens nothing.
        package static let idTokenLifetime: Duration = .seconds(3600)
    }

    package struct Refresh: Sendable {
        package var idleLifetime: Duration = .seconds(14 * 86400)
        package var absoluteLifetime: Duration = .seconds(90 * 86400)
        package var reuseWindow: Duration = .seconds(30)
        package var recoveryLimit = 8
        package init() {}
    }

    package struct Password: Sendable {
        /// Code points; 8 to 64.
        package var minimumLength = 15
        package var argon2: Argon2Parameters = .default
        package init() {}
    }

    package struct Login: Sendable {
        /// `nil`: the number of cores.
        package var hashThreads: Int?
        /// The niceness of the hash threads, 0 to 19.
        package var hashNiceness = 10
        /// Whether the threads that answer and write get a real-time priority meanwhile, where the system permits it.
        package var precedence = false
        package var maxQueueWait: Duration = .seconds(2)
        package var accountFailures = 10
        package var addressFailures = 100
        package var window: Duration = .seconds(900)
        package init() {}
    }

    package struct Users: Sendable {
        /// Whether a user may sign in with the e-mail address instead of the name. Then names and addresses share one
        /// space: what one user has as name or address, no other can get.
        package var emailSignIn = false
        package init() {}
    }

    package struct Claims: Sendable {
        /// Further claims by the scope that releases them, in the order of the configuration.
        package var scopes: [ReleasedClaims] = []
        package init() {}
    }

    package struct Keys: Sendable {
        package var rotationPeriod: Duration = .seconds(30 * 86400)
        package var announcePeriod: Duration = .seconds(86400)
        package init() {}
    }

    package struct Revocations: Sendable {
        package enum Access: String, Sendable, CaseIterable { case `public`, clients }
        package var access = Access.public
        package var nextUpdate: Duration = .seconds(5)
        package var expiresIn: Duration = .seconds(60)
        package var maxWait: Duration = .seconds(60)
        package var maxWaiters = 10000
        package var maxWaitersPerAddress = 64
        package init() {}
    }

    /// Poll delivery of security events (RFC 8936, OpenID SSF 1.0).
    package struct SharedSignals: Sendable {
        /// Whether the endpoints exist. An existing stream collects events either way, until it is deleted.
        package var enabled = false
        /// Most events that wait in one stream; beyond that, the oldest are dropped.
        package var maxPending = 100_000
        /// How long an event waits.
        package var retention: Duration = .seconds(7 * 86400)
        package init() {}
        /// The shortest time between two verifications that a receiver requests.
        package static let minVerificationInterval: Duration = .seconds(30)
        /// Long polls held at the same time for one stream; a receiver needs one.
        package static let maxWaitersPerStream = 4
    }

    package struct StatusList: Sendable {
        /// Off: no `status` claim, no lists, no second write for a token.
        package var enabled = false
        /// `ttl` of the lists, in whole seconds; 1 s to 25 s, which is less than the lifetime of any access token: the
        /// shortest lives 30 s less 5 %.
        package var timeToLive: Duration = .seconds(15)
        package init() {}
    }
}
