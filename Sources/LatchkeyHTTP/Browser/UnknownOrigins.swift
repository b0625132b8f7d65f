import LatchkeyCore
import LatchkeyTokens
import Logging
import Synchronization

/// Tells the operator about pages whose origin no client has: their browsers only say "CORS", and only this server
/// knows what is wrong.
///
/// Anybody can send any `Origin`, so an origin is logged once a minute, and only a few origins in that time.
final class UnknownOrigins: Sendable {
    private static let pause: Duration = .seconds(60)
    /// Origins remembered, and therefore lines in a minute. When all were logged within the minute, further ones are
    /// not.
    static let capacity = 64
    /// The longest origin that a client may register, in bytes.
    private static let longest = 300

    private let clock: Clock
    private let told = Mutex<[[UInt8]: Timestamp]>([:])

    init(clock: Clock) { self.clock = clock }

    /// Logs the origin, unless it was logged within the last minute.
    /// - Parameter origins: the origins to search for the nearest; only read when there is a line to write.
    func note(_ origin: String, among origins: RegisteredOrigins, logger: Logger) {
        // A stranger must not write lines into the log, and a program must not write a token that it puts into the
        // wrong field.
        guard origin.utf8.count <= Self.longest, RegisteredOrigins.hasForm(origin), isDue(Array(origin.utf8)) else {
            return
        }
        let nearest = origins.nearest(to: origin).map { "; `\($0.client)` has \($0.origin)" } ?? ""
        logger.notice(
            "no client has the origin \(origin)\(nearest): the browser withholds the response from its page until \(Self.remedy)"
        )
    }

    private static let remedy = "a client has it (`latchkey client update ID --origin`)"

    private func isDue(_ origin: [UInt8]) -> Bool {
        let now = clock.now()
        return told.withLock { told in
            if let last = told[origin], last <= now, now - last < Self.pause { return false }
            if told.count >= Self.capacity, told[origin] == nil {
                told = told.filter { $0.value <= now && now - $0.value < Self.pause }
                guard told.count < Self.capacity else { return false }
            }
            told[origin] = now
            return true
        }
    }
}
