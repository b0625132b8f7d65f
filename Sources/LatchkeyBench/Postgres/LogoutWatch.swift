import LatchkeyTokens

/// Sessions that end one after the other at one node, while a long poll waits at another.
struct LogoutWatch {
    private let first: ServerUnderTest
    private let logout: HTTPConnection
    private let poll: HTTPConnection

    /// The poll waits at its node before anything happens, and meets its regular work at every point of it.
    private static let pauseMilliseconds: ClosedRange<UInt32> = 5...25
    /// Longer than the connection's patience would be too long.
    private static let waitSeconds = 10

    init(_ first: ServerUnderTest, _ second: ServerUnderTest) throws {
        self.first = first
        logout = try HTTPConnection(first.endpoint)
        poll = try HTTPConnection(second.endpoint)
    }

    /// - Returns: for each of `count` logouts the milliseconds from its answer to the poll's; 0 where that came first.
    func hear(_ count: Int) throws -> [Double] {
        let tokens = try Population.logIn(count: count, at: first.endpoint)
        var known = try document(query: "")
        return try tokens.map { token in
            let before = known
            try poll.send(
                request("?after=\(before.sequence)&epoch=\(before.epoch)&wait=\(Self.waitSeconds)"))
            Stopwatch.sleep(milliseconds: .random(in: Self.pauseMilliseconds))
            try logout.exchange(
                HTTPRequest.post(
                    "/api/v1/logout", type: "application/json", body: #"{"refresh_token":"\#(token.refresh)"}"#),
                expecting: 204)
            let end = Stopwatch.now()
            var status: Int?
            while status == nil { status = try poll.receive() }
            let heard = Stopwatch.now()
            try poll.check(status ?? 0, expecting: 200)
            known = try parsed()
            guard known.epoch == before.epoch, known.sequence == before.sequence + 1, known.entries.count == 1 else {
                throw BenchFailure("The poll tells something else than the logout.")
            }
            return Stopwatch.seconds(from: end, to: heard) * 1000
        }
    }

    private func document(query: String) throws -> RevocationDocument {
        try poll.exchange(request(query), expecting: 200)
        return try parsed()
    }

    private func request(_ query: String) -> [UInt8] {
        HTTPRequest.get("/revocations\(query)", fields: ["Accept: \(RevocationDocument.Form.columns.mediaType)"])
    }

    private func parsed() throws -> RevocationDocument {
        try RevocationDocument(parsing: Array(poll.body), maximumLength: 1 << 28, maximumEntries: 2_000_000)
    }
}
