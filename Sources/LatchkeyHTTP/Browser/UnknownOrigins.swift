import LatchkeyCore
import LatchkeyTokens
import Logging
import Synchronization

/// Tells the operator of pages whose origin no client has: their browsers say only "CORS", and what is wrong is known
/// here alone.
///
/// Anybody can send any `Origin`, so an origin is told once a minute, and no more than a few origins in that time.
final class UnknownOrigins: Sendable {
    private static let pause: Duration = .seconds(60)
    /// Origins remembered, and so lines in a minute. While all have been told of within it, further ones are not.
    static let capacity = 64
    /// The longest origin that a client may register, in bytes.
    private static let longest = 300

    private let clock: Clock
    private let told = Mutex<[[UInt8]: Timestamp]>([:])

    init(clock: Clock) { self.clock = clock }

    /// Logs the origin, unless it was told of within the last minute.
    /// - Parameter origins: where the nearest is looked for; not asked unless there is a line to write.
    func note(_ origin: String, among origins: RegisteredOrigins, logger: Logger) {
        // Nobody writes lines of his own into the log, and no program a token that it puts into the wrong field.
        guard origin.utf8.count <= Self.longest, RegisteredOrigins.hasForm(origin), isDue(Array(origin.utf8)) else {
            return
        }
        let nearest = origins.nearest(to: origin).map { "; `\($0.client)` has \($0.origin)" } ?? ""
        logger.notice(
            "no client has the origin \(origin)\(nearest): the browser keeps the answer from its page until \(Self.remedy)"
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
