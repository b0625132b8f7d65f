import LatchkeyTokens

extension KeySource {
    /// When the keys are fetched: a pure function of clock readings. A clock that is set back never causes a wait
    /// longer than one period.
    struct Schedule: Sendable {
        /// The shortest and the longest time between two regular fetches, whatever the server says.
        static let shortest: Duration = .seconds(60)
        static let longest: Duration = .seconds(3600)
        /// The period without `Cache-Control: max-age`.
        static let usual: Duration = .seconds(300)
        static let firstRetry: Duration = .seconds(1)

        private let coolDown: Duration
        /// When the last fetch began.
        private var attemptedAt: Timestamp?
        /// The time from the last attempt to the next regular one.
        private var pause: Duration = .zero
        private var failures = 0

        init(coolDown: Duration) {
            self.coolDown = max(coolDown, .seconds(1))
        }

        /// The time until the next regular fetch; zero when it is due.
        func delay(at now: Timestamp) -> Duration {
            guard let attemptedAt, now >= attemptedAt else { return .zero }
            return max(pause - (now - attemptedAt), .zero)
        }

        /// Whether a token with an unknown `kid` may cause a fetch. It may not within the cool-down after any attempt,
        /// so that a flood of invented `kid`s costs the server nothing.
        func allowsRefetch(at now: Timestamp) -> Bool {
            guard let attemptedAt, now >= attemptedAt else { return true }
            return now - attemptedAt >= coolDown
        }

        mutating func begin(at now: Timestamp) {
            attemptedAt = now
        }

        /// - Parameters:
        ///   - maxAge: the server's value; nil when it gave none.
        ///   - jitter: 0 to 1; the next fetch is up to a tenth early.
        mutating func succeeded(maxAge: Duration?, jitter: Double) {
            failures = 0
            pause = min(max(maxAge ?? Self.usual, Self.shortest), Self.longest) * (1 - jitter / 10)
        }

        /// - Parameter jitter: 0 to 1; spreads the requests of many services.
        mutating func failed(jitter: Double) {
            failures = min(failures + 1, 16)
            pause = Backoff.pause(after: failures, first: Self.firstRetry, longest: Self.shortest, jitter: jitter)
        }
    }
}

/// Exponential back-off.
enum Backoff {
    /// - Parameters:
    ///   - failures: in a row; 1 or more.
    ///   - jitter: 0 to 1: from half of the pause to all of it.
    static func pause(after failures: Int, first: Duration, longest: Duration, jitter: Double) -> Duration {
        let full = min(first * Double(1 << min(max(failures - 1, 0), 16)), longest)
        return full * (0.5 + jitter / 2)
    }
}

/// `Cache-Control` of a response, RFC 9111 section 5.2.2.
enum CacheControl {
    /// `max-age` minus the response's age in caches; zero for `no-store` and `no-cache`; nil without a directive.
    static func lifetime(_ fields: [String], age: String?) -> Duration? {
        var lifetime: Int64?
        for directive in fields.flatMap({ $0.split(separator: ",") }) {
            let text = directive.filter { $0 != " " && $0 != "\"" }.lowercased()
            if text == "no-store" || text == "no-cache" { return .zero }
            if text.hasPrefix("max-age="), let seconds = Int64(text.dropFirst(8)), seconds >= 0 {
                lifetime = min(lifetime ?? .max, seconds, 31_536_000)
            }
        }
        guard let lifetime else { return nil }
        let aged = age.flatMap(Int64.init).map { min(max($0, 0), lifetime) } ?? 0
        return .seconds(lifetime - aged)
    }
}
