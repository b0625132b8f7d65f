/// The requests of the mixed load, of each hundred: 1 login, 20 refreshes, 60 of keys and list, half of them
/// conditional, and 19 introspections.
final class MixedWork {
    /// One kind of request and its part.
    struct Share {
        let kind: String
        /// Of a hundred.
        let percent: Int
        let connections: Int
        let next: () -> Errand?
    }

    private let users: Int
    private let authorization: String
    private let rotations: RotationWork
    /// Refresh tokens that are never rotated.
    private let resting: [[UInt8]]
    private let lists: (conditional: [UInt8], keys: [UInt8])
    private var random = SplitMix(seed: 5)

    private static let connections = 16
    private static let loginConnections = 64

    init(_ seeded: SeededServer, _ server: ServerUnderTest, rotations: RotationWork) throws {
        users = seeded.plan.users
        authorization = seeded.authorization
        self.rotations = rotations
        resting = try GrowthSide.spread(1000, over: seeded.plan.sessions / 2).map {
            try seeded.refreshToken(2 * $0 + 1)
        }
        lists = (
            try Requests.conditional("/revocations", at: server.endpoint),
            try Requests.conditional("/.well-known/jwks.json", at: server.endpoint)
        )
    }

    /// In an order in which no kind comes all at once.
    var shares: [Share] {
        [
            Share(kind: "login", percent: 1, connections: Self.loginConnections) { [self] in login() },
            share(RotationWork.kind, 20) { [self] in rotations.next() },
            share("keys", 15) { Requests.errand(Requests.keySet, "keys") },
            share("keys 304", 15) { [self] in Requests.errand(lists.keys, "keys 304", status: 304) },
            share("list", 15) { Requests.errand(Requests.list, "list") },
            share("list 304", 15) { [self] in Requests.errand(lists.conditional, "list 304", status: 304) },
            share("introspect access", 10) { [self] in introspection(rotations.accessToken(), "introspect access") },
            share("introspect refresh", 9) { [self] in
                introspection(resting.randomElement(using: &random), "introspect refresh")
            },
        ]
    }

    /// Each kind at its own pace, together `perSecond`.
    func lanes(perSecond: Double) -> [Lane] {
        shares.map { share in
            Lane(
                perSecond: perSecond * Double(share.percent) / 100,
                from: Array(repeating: .loopback, count: share.connections), next: share.next)
        }
    }

    private func share(_ kind: String, _ percent: Int, _ next: @escaping () -> Errand?) -> Share {
        Share(kind: kind, percent: percent, connections: Self.connections, next: next)
    }

    private func login() -> Errand {
        Requests.errand(Requests.login(SeedPlan.userName(Int.random(in: 0..<users, using: &random))), "login")
    }

    /// Nil without a token; an answer of 16 bytes would be `{"active":false}`.
    private func introspection(_ token: [UInt8]?, _ kind: String) -> Errand? {
        guard let token else { return nil }
        return Errand(
            request: Requests.introspection(token, authorization: authorization),
            settle: { answer in
                try answer.expect(200)
                guard answer.body.count > 16 else { throw BenchFailure("A live token is called inactive.") }
                return kind
            }, kind: kind)
    }
}
