/// Sessions that one connection rotates in random order, each at its newest token.
struct Wallet: LoadClient {
    private(set) var request: [UInt8] = []
    private var tokens: [[UInt8]]
    private var random: SplitMix
    /// Of the token in the request.
    private var index = 0

    private static let member = Array(#""refresh_token":""#.utf8)

    /// - Throws: ``BenchFailure`` without tokens.
    init(tokens: [[UInt8]], random: SplitMix) throws {
        guard !tokens.isEmpty else { throw BenchFailure("No sessions to rotate.") }
        self.tokens = tokens
        self.random = random
        draw()
    }

    mutating func take(status: Int, from connection: HTTPConnection) throws {
        try connection.check(status, expecting: 200)
        tokens[index] = Array(try connection.bytes(behind: Self.member))
        draw()
    }

    private mutating func draw() {
        index = Int.random(in: tokens.indices, using: &random)
        request = RotationWork.request(tokens[index])
    }
}

/// Requests in random order.
struct Draw: LoadClient {
    private(set) var request: [UInt8]
    private let requests: [[UInt8]]
    private var random: SplitMix
    /// What each answer begins with.
    private let opening: [UInt8]

    /// - Throws: ``BenchFailure`` without requests.
    init(of requests: [[UInt8]], random: SplitMix, opening: String = "{") throws {
        guard let first = requests.first else { throw BenchFailure("Nothing to ask.") }
        request = first
        self.requests = requests
        self.random = random
        self.opening = Array(opening.utf8)
    }

    mutating func take(status: Int, from connection: HTTPConnection) throws {
        try connection.check(status, expecting: 200)
        guard connection.body.starts(with: opening) else {
            throw BenchFailure("Another answer: \(String(decoding: connection.body.prefix(100), as: UTF8.self))")
        }
        request = requests[Int.random(in: requests.indices, using: &random)]
    }
}
