import LatchkeyTokens
import TestConditions
import Testing

struct RevocationIndexTests {
    struct Entry: Codable, Sendable {
        let seq: Int64
        let kind: String
        let id: String?
        let iat_before: Int64?
        let exp: Int64

        func read() throws -> RevocationEntry {
            let kind = try #require(RevocationEntry.Kind(rawValue: kind))
            return try #require(
                RevocationEntry(
                    sequence: seq, kind: kind, id: id, issuedBefore: iat_before.map(Timestamp.init(seconds:)),
                    expiresAt: Timestamp(seconds: exp)))
        }
    }

    struct Case: VectorCase {
        struct Token: Codable {
            let iat: Int64
            let jti: String
            let sub: String
            let sid: String?
            let client_id: String
            let kid: String
        }
        let name: String
        let token: Token
        let entries: [Entry]
        let expected: String?
    }

    static func claims(_ token: Case.Token) throws -> AccessTokenClaims {
        var claims = try Sample.claims(subject: token.sub, issuedAt: Timestamp(seconds: token.iat))
        claims.tokenID = try #require(TokenID(token.jti))
        claims.clientID = try #require(ClientID(token.client_id))
        claims.sessionID = token.sid.flatMap(SessionID.init)
        return claims
    }

    @Test(arguments: try Vectors.load("revocation/matching.json", as: VectorFile<Case>.self).cases)
    func `a token is matched as its vector says, whatever the order of the entries`(vector: Case) throws {
        let (claims, keyID) = (try Self.claims(vector.token), try #require(KeyID(vector.token.kid)))
        let entries = try vector.entries.map { try $0.read() }
        for order in [entries, entries.reversed()] {
            var index = RevocationIndex()
            for entry in order { index.insert(entry) }
            let match = index.firstMatch(for: claims, keyID: keyID)
            #expect(match?.kind.rawValue == vector.expected)
            if let match {
                #expect(entries.contains(match))
                #expect(match.matches(claims, keyID: keyID))
            }
        }
        #expect(entries.contains { $0.matches(claims, keyID: keyID) } == (vector.expected != nil))
    }

    private func user(_ sequence: Int64, _ issuedBefore: Int64, _ expiresAt: Int64) throws -> RevocationEntry {
        RevocationEntry(
            sequence: sequence,
            target: .user(try #require(UserID(IdentifiersTests.text)), issuedBefore: Timestamp(seconds: issuedBefore)),
            expiresAt: Timestamp(seconds: expiresAt))
    }

    @Test func `the entry that reaches further may expire sooner`() throws {
        var index = RevocationIndex()
        index.insert(try user(1, 100, 900))
        index.insert(try user(2, 200, 500))
        index.insert(try user(3, 150, 400))
        #expect(index.count == 2)
        let keyID = try #require(KeyID("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"))
        func match(_ second: Int64) throws -> Int64? {
            index.firstMatch(for: try Sample.claims(issuedAt: Timestamp(seconds: second)), keyID: keyID)?.sequence
        }
        #expect(try match(200) == 2)
        #expect(try match(201) == nil)
        index.prune(at: Timestamp(seconds: 499))
        #expect(try match(200) == 2)
        index.prune(at: Timestamp(seconds: 500))
        #expect(index.count == 1)
        #expect(try match(200) == nil)
        #expect(try match(100) == 1)
        index.prune(at: Timestamp(seconds: 900))
        #expect(index.isEmpty)
    }

    @Test func `an entry that another covers takes no room`() throws {
        for order in [[1, 2, 3], [3, 2, 1], [2, 3, 1]] as [[Int64]] {
            var index = RevocationIndex()
            for step in order { index.insert(try user(step, 100 * step, 500 + 100 * step)) }
            #expect(index.count == 1)
        }
    }

    @Test func `very many entries for one subject are held as a few, which match the same tokens`() throws {
        var index = RevocationIndex()
        for number in 0..<5_000 as Range<Int64> {
            let entry = RevocationEntry(
                sequence: number + 1, target: .all(issuedBefore: Timestamp(seconds: 1_000 + number)),
                expiresAt: Timestamp(seconds: 100_000 - number))
            index.insert(entry)
            #expect(index.count <= 16)
        }
        let keyID = try #require(KeyID(String(repeating: "A", count: 43)))
        func isMatched(_ second: Int64) throws -> Bool {
            let claims = try Sample.claims(subject: "somebody", issuedAt: Timestamp(seconds: second))
            return index.firstMatch(for: claims, keyID: keyID) != nil
        }
        #expect(try isMatched(1) && isMatched(1_000) && isMatched(5_999))
        #expect(try !isMatched(6_000))
        index.prune(at: Timestamp(seconds: 99_999))
        #expect(try isMatched(1_000))
        index.prune(at: Timestamp(seconds: 100_000))
        #expect(index.isEmpty)
    }

    @Test func `inserting twice changes nothing, and the longer life wins`() throws {
        let session = try #require(SessionID(IdentifiersTests.text))
        var index = RevocationIndex()
        for life in [100, 300, 200, 300] as [Int64] {
            index.insert(RevocationEntry(sequence: 1, target: .session(session), expiresAt: Timestamp(seconds: life)))
        }
        #expect(index.count == 1)
        index.prune(at: Timestamp(seconds: 299))
        #expect(index.count == 1)
        index.prune(at: Timestamp(seconds: 300))
        #expect(index.isEmpty)
    }

    @Test func `a jti of ours is distinguished from every text that only looks like one`() throws {
        let keyID = try #require(KeyID("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"))
        for _ in 0..<200 {
            let ours = TokenID.generate()
            // The last character has four bits to spare: fifteen other texts differ from it in those alone.
            let others = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".compactMap { last in
                TokenID(String(ours.description.dropLast()) + String(last))
            }
            for entry in others {
                var index = RevocationIndex()
                index.insert(
                    RevocationEntry(sequence: 1, target: .token(entry), expiresAt: Timestamp(seconds: 1 << 32)))
                var claims = try Sample.claims(issuedAt: Sample.now)
                claims.tokenID = ours
                #expect((index.firstMatch(for: claims, keyID: keyID) != nil) == (entry == ours))
            }
        }
    }

    @Test func `a key entry condemns the key`() throws {
        let keyID = try #require(KeyID("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"))
        var index = RevocationIndex()
        #expect(!index.condemns(keyID))
        index.insert(RevocationEntry(sequence: 1, target: .key(keyID), expiresAt: Timestamp(seconds: 10)))
        #expect(index.condemns(keyID))
    }

    /// The index against the definition: a list searched from front to back.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `the index agrees with the plain rule on random lists`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let users = (0..<3).map { _ in UserID.generate(at: Sample.now) }
        let sessions = (0..<3).map { _ in SessionID.generate(at: Sample.now) }
        let clients = ["a", "b"].compactMap { ClientID($0) }
        let tokens = [TokenID.generate(), TokenID.generate()] + ["x", "y"].compactMap { TokenID($0) }
        let keys = try ["A", "E", "I"].map { try #require(KeyID(String(repeating: $0, count: 43))) }
        func pick<Element>(_ elements: [Element]) throws -> Element {
            try #require(elements.randomElement(using: &generator))
        }
        var live: [RevocationEntry] = []
        var index = RevocationIndex()
        for step in 1...400 {
            let instant = Timestamp(seconds: .random(in: 0...60, using: &generator))
            let target: RevocationEntry.Target =
                switch Int.random(in: 0..<40, using: &generator) {
                case 0: .key(try pick(keys))
                case 1..<4: .token(try pick(tokens))
                case 4..<8: .session(try pick(sessions))
                case 8..<24: .user(try pick(users), issuedBefore: instant)
                case 24..<36: .client(try pick(clients), issuedBefore: instant)
                default: .all(issuedBefore: instant)
                }
            let entry = RevocationEntry(
                sequence: Int64(step), target: target,
                expiresAt: Timestamp(seconds: Int64(step) + .random(in: 1...30, using: &generator)))
            live.append(entry)
            index.insert(entry)
            if Bool.random(using: &generator) {
                live.removeAll { $0.expiresAt.seconds <= Int64(step) }
                index.prune(at: Timestamp(seconds: Int64(step)))
            }
            #expect(index.count <= live.count)
            for _ in 0..<5 {
                var claims = try Sample.claims(
                    subject: try pick(users).description,
                    issuedAt: Timestamp(seconds: .random(in: 0...62, using: &generator)))
                claims.sessionID = try pick(sessions + sessions.prefix(0))
                claims.tokenID = try pick(tokens)
                claims.clientID = try pick(clients)
                let keyID = try pick(keys)
                let match = index.firstMatch(for: claims, keyID: keyID)
                #expect((match != nil) == live.contains { $0.matches(claims, keyID: keyID) })
                if let match { #expect(match.matches(claims, keyID: keyID)) }
            }
        }
    }
}
