/// Attempts to log in as in a flood: right passwords, wrong ones, and unknown names.
final class FloodWork {
    /// How an attempt ended.
    enum Kind {
        /// 200: the password was right.
        static let accepted = "login accepted"
        /// 401: it was hashed and wrong.
        static let wrong = "login wrong"
        /// 503, without hashing.
        static let overloaded = "login 503"
        /// 429, without hashing.
        static let throttled = "login 429"
    }

    private let users: Int
    private var random = SplitMix(seed: 4)

    init(users: Int) { self.users = users }

    func next() -> Errand {
        let user = SeedPlan.userName(Int.random(in: 0..<users, using: &random))
        // Half right, a quarter wrong, a quarter unknown.
        let request: [UInt8]
        switch Int.random(in: 0..<4, using: &random) {
        case 0: request = Requests.login("nobody-\(Int.random(in: 0..<1_000_000, using: &random))")
        case 1: request = Requests.login(user, password: "a guess that is not the password")
        default: request = Requests.login(user)
        }
        return Errand(request: request, settle: Self.kind, kind: Kind.accepted)
    }

    private static func kind(_ answer: Answer) throws -> String {
        switch answer.status {
        case 401: return Kind.wrong
        case 429: return Kind.throttled
        case 503: return Kind.overloaded
        default:
            try answer.expect(200)
            return Kind.accepted
        }
    }
}
