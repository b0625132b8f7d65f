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
    /// The access token of each session's last answer; empty before the first.
    private(set) var accessTokens: [[UInt8]]
    private let keepsAccessTokens: Bool

    /// - Parameter tokens: refresh tokens of the public client, one a session.
    init(tokens: [[UInt8]], keepsAccessTokens: Bool = false) {
        self.tokens = tokens
        self.keepsAccessTokens = keepsAccessTokens
        free = Array(tokens.indices)
        accessTokens = Array(repeating: [], count: keepsAccessTokens ? tokens.count : 0)
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

    /// Those of another server are not good for this one: the issuer's address is in them.
    func forgetAccessTokens() { accessTokens = Array(repeating: [], count: accessTokens.count) }

    /// An access token at random; nil before the first answer.
    func accessToken() -> [UInt8]? {
        for _ in 0..<16 {
            let token = accessTokens.randomElement(using: &random) ?? []
            if !token.isEmpty { return token }
        }
        return nil
    }

    static func request(_ token: [UInt8]) -> [UInt8] {
        let body = Array("grant_type=refresh_token&client_id=\(Population.client)&refresh_token=".utf8) + token
        return head + Array("Content-Length: \(body.count)\r\n\r\n".utf8) + body
    }

    private func settle(_ answer: Answer, _ session: Int) throws -> String {
        defer { free.append(session) }
        try answer.expect(200)
        tokens[session] = try answer.text(after: Self.refreshKey)
        if keepsAccessTokens { accessTokens[session] = try answer.text(after: Self.accessKey) }
        return Self.kind
    }
}
