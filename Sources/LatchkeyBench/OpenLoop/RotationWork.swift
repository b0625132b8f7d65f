/// Refreshes sessions of a pool, drawn at random among those that are not under way, each with its newest token.
final class RotationWork {
    static let kind = "refresh"

    private static let head = Array(
        "POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n".utf8)
    private static let refreshKey = Array("\"refresh_token\":\"".utf8)
    private static let accessKey = Array("\"access_token\":\"".utf8)

    private var tokens: [[UInt8]]
    private var free: [Int]
    private var random = SplitMix(seed: 1)
    /// The access tokens of the last answers, so few that none is old enough to expire.
    private var accessTokens: [[UInt8]] = []
    private var oldestAccessToken = 0
    private let keepsAccessTokens: Bool
    private static let keptAccessTokens = 4000

    /// - Parameter tokens: refresh tokens of the public client, one a session.
    init(tokens: [[UInt8]], keepsAccessTokens: Bool = false) {
        self.tokens = tokens
        self.keepsAccessTokens = keepsAccessTokens
        free = Array(tokens.indices)
    }

    /// Nil while all sessions are under way.
    func next() -> Errand? {
        guard !free.isEmpty else { return nil }
        free.swapAt(Int.random(in: free.indices, using: &random), free.count - 1)
        let session = free.removeLast()
        return Errand(
            request: Self.request(tokens[session]), settle: { [self] in try settle($0, session) }, kind: Self.kind,
            abandon: { [self] in free.append(session) })
    }

    /// Tokens of another server are not valid for this one: they contain the issuer's address.
    func forgetAccessTokens() {
        accessTokens = []
        oldestAccessToken = 0
    }

    /// One of the newest access tokens at random; nil before the first answer.
    func accessToken() -> [UInt8]? { accessTokens.randomElement(using: &random) }

    private func keep(accessToken: [UInt8]) {
        if accessTokens.count < Self.keptAccessTokens { return accessTokens.append(accessToken) }
        accessTokens[oldestAccessToken] = accessToken
        oldestAccessToken = (oldestAccessToken + 1) % Self.keptAccessTokens
    }

    static func request(_ token: [UInt8]) -> [UInt8] {
        let body = Array("grant_type=refresh_token&client_id=\(Population.client)&refresh_token=".utf8) + token
        return head + Array("Content-Length: \(body.count)\r\n\r\n".utf8) + body
    }

    private func settle(_ answer: Answer, _ session: Int) throws -> String {
        defer { free.append(session) }
        try answer.expect(200)
        tokens[session] = try answer.text(after: Self.refreshKey)
        if keepsAccessTokens { keep(accessToken: try answer.text(after: Self.accessKey)) }
        return Self.kind
    }
}
