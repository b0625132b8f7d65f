import LatchkeyBytes
import LatchkeyTokens
import TestConditions
import Testing

struct StatusListTests {
    struct Case: VectorCase {
        let name: String
        let bits: Int
        let count: Int
        let bytes: String?
        let compressed: String?
        let statuses: [[Int]]
        let lst: String

        var width: StatusList.Width {
            get throws { try #require(StatusList.Width(rawValue: bits)) }
        }

        /// The list as the statuses say, by our writer.
        func list() throws -> StatusList {
            var list = StatusList(width: try width, count: count)
            for pair in statuses { list[pair[0]] = TokenStatus(rawValue: UInt8(pair[1])) }
            return list
        }
    }

    static var vectors: [Case] {
        get throws { try Vectors.load("status/encoding.json", as: VectorFile<Case>.self).cases }
    }

    @Test(arguments: try vectors)
    func `an array is packed and unpacked as its vector says`(vector: Case) throws {
        let compressed = try #require(Base64URL.decode(vector.lst))
        let bytes = try #require(Inflater.inflate(compressed, limit: 1 << 20))
        let list = StatusList(width: try vector.width, bytes: bytes)
        #expect(list.count >= vector.count)
        #expect(list.bytes == (try vector.list()).bytes)
        let named = Dictionary(vector.statuses.map { ($0[0], $0[1]) }) { _, last in last }
        let wrong = (0..<list.count).first { Int(list[$0].rawValue) != named[$0] ?? 0 }
        #expect(wrong == nil)
        if let expected = vector.bytes { #expect(Hexadecimal.string(list.bytes) == expected) }
        if let expected = vector.compressed {
            #expect(Hexadecimal.string(compressed) == expected)
            #expect(Hexadecimal.string(Inflater.deflate(list.bytes)) == expected)
        }
    }

    @Test(arguments: StatusList.Width.allCases)
    func `setting one status changes no other`(width: StatusList.Width) {
        var generator = SeededGenerator(seed: UInt64(width.rawValue))
        var list = StatusList(width: width, count: 203)
        #expect(list.count >= 203 && list.bytes.count == (203 * width.rawValue + 7) / 8)
        var model = [UInt8](repeating: 0, count: list.count)
        for _ in 0..<2000 {
            let index = Int.random(in: 0..<list.count, using: &generator)
            let value = UInt8.random(in: 0...UInt8(truncatingIfNeeded: (1 << width.rawValue) - 1), using: &generator)
            model[index] = value
            list[index] = TokenStatus(rawValue: value)
        }
        #expect((0..<list.count).map { list[$0].rawValue } == model)
    }

    @Test func `a filled list has that status everywhere`() {
        #expect(StatusList(width: .one, count: 16, filledWith: .invalid).bytes == [0xFF, 0xFF])
        #expect(StatusList(width: .two, count: 8, filledWith: .suspended).bytes == [0xAA, 0xAA])
        #expect(StatusList(width: .one, count: 16).bytes == [0, 0])
    }

    @Test(arguments: [-1, 16, 17, Int64.max, Int64.min])
    func `beyond the end there is no status`(index: Int64) {
        #expect(StatusList(width: .one, count: 16).status(at: index) == nil)
        #expect(StatusList(width: .one, count: 16).status(at: 15) == .valid)
    }

    @Test(arguments: try Vectors.load("revocation/matching.json", as: VectorFile<RevocationIndexTests.Case>.self).cases)
    func `a token in short form is judged like the whole`(vector: RevocationIndexTests.Case) throws {
        let claims = try RevocationIndexTests.claims(vector.token)
        let keyID = try #require(KeyID(vector.token.kid))
        var index = RevocationIndex()
        for entry in vector.entries { index.insert(try entry.read()) }
        #expect(index.revokes(RevocationSubject(claims, keyID: keyID)) == (vector.expected != nil))
    }

    @Test func `the status claim is written and read back`() throws {
        var claims = try Sample.claims()
        claims.status = StatusReference(index: 131_071, uri: "https://auth.example.com/statuslists/7")
        let text = String(decoding: claims.encode(), as: UTF8.self)
        #expect(
            text.contains(
                #""status":{"status_list":{"idx":131071,"uri":"https://auth.example.com/statuslists/7"}}"#))
        #expect(try AccessTokenClaims(parsing: claims.encode()) == claims)
        #expect(!String(decoding: try Sample.claims().encode(), as: UTF8.self).contains("status"))
    }

    @Test(arguments: [
        "7", "[]", #"{"status_list":7}"#, #"{"status_list":{}}"#, #"{"status_list":{"idx":-1,"uri":"a:b"}}"#,
        #"{"status_list":{"idx":"1","uri":"a:b"}}"#, #"{"status_list":{"idx":1}}"#,
        #"{"status_list":{"idx":1,"uri":""}}"#, #"{"status_list":{"idx":1.5,"uri":"a:b"}}"#,
    ])
    func `a status claim of another form makes the token malformed`(value: String) throws {
        let claims = String(decoding: try Sample.claims().encode(), as: UTF8.self).dropLast() + ",\"status\":\(value)}"
        let error = try #require(
            #expect(throws: MalformedToken.self) { try AccessTokenClaims(parsing: Array(claims.utf8)) })
        #expect(error.member == "status")
    }

    @Test func `another status mechanism is ignored`() throws {
        let claims = String(decoding: try Sample.claims().encode(), as: UTF8.self).dropLast() + ",\"status\":{\"x\":1}}"
        #expect(try AccessTokenClaims(parsing: Array(claims.utf8)).status == nil)
    }
}
