/// The requests of one connection of a load, and how it uses the answers.
protocol LoadClient: Sendable {
    /// The next request, whole.
    var request: [UInt8] { get }

    /// Looks at the answer that `connection` has just read. Throwing counts as a failure.
    mutating func take(status: Int, from connection: HTTPConnection) throws
}

/// Asks the same again and again.
struct SameRequest: LoadClient {
    let request: [UInt8]
    var expected = 200
    /// What the body has to begin with.
    var opening: [UInt8] = []

    func take(status: Int, from connection: HTTPConnection) throws {
        try connection.check(status, expecting: expected)
        guard connection.body.starts(with: opening) else {
            throw BenchFailure("Another answer: \(String(decoding: connection.body.prefix(100), as: UTF8.self))")
        }
    }
}

/// Turns a refresh token into its successor, again and again.
struct Rotation: LoadClient {
    private(set) var request: [UInt8]
    /// Where the token begins, which ends the request.
    private let start: Int

    private static let member = Array(#""refresh_token":""#.utf8)

    init(token: String) {
        request = HTTPRequest.form(
            "/oauth2/token",
            body: "grant_type=refresh_token&client_id=\(Population.client)&refresh_token=\(token)")
        start = request.count - token.utf8.count
    }

    mutating func take(status: Int, from connection: HTTPConnection) throws {
        try connection.check(status, expecting: 200)
        let successor = try connection.bytes(behind: Self.member)
        // In place: the length in the head stays true.
        guard successor.count == request.count - start else { throw BenchFailure("A token of another length.") }
        request.replaceSubrange(start..., with: successor)
    }
}

/// Revokes one token after the other, each durably.
struct Revoking: LoadClient {
    private(set) var request: [UInt8]
    private var next: Int
    private let digits: Range<Int>

    /// 22 characters, as the id of a real token has.
    private static let id = "revoked-0000000000000A"

    /// - Parameter first: number of the first token; no other client may come to it.
    init(first: Int) {
        let body = #"{"kind":"token","id":"\#(Self.id)"}"#
        request = HTTPRequest.post("/api/v1/admin/revocations", type: "application/json", body: body)
        // From behind: the digits, then A"}
        digits = request.count - 16..<request.count - 3
        next = first
        write()
    }

    mutating func take(status: Int, from connection: HTTPConnection) throws {
        try connection.check(status, expecting: 201)
        next += 1
        write()
    }

    private mutating func write() {
        var rest = next
        for index in digits.reversed() {
            request[index] = UInt8(48 + rest % 10)
            rest /= 10
        }
    }
}
