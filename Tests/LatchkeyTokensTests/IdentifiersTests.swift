import LatchkeyTokens
import Testing

struct IdentifiersTests {
    static let text = "01931c2e-7d4a-7c3b-9f21-0a1b2c3d4e5f"

    @Test(arguments: [
        "", "01931C2E-7D4A-7C3B-9F21-0A1B2C3D4E5F", "01931c2e7d4a7c3b9f210a1b2c3d4e5f",
        "{01931c2e-7d4a-7c3b-9f21-0a1b2c3d4e5f}", "01931c2e-7d4a-7c3b-9f21-0a1b2c3d4e5",
        "01931c2e-7d4a-7c3b-9f21-0a1b2c3d4e5f0",
        "01931c2e-7d4a-7c3b-9f210-a1b2c3d4e5f", "01931c2e-7d4a-7c3b-9f21-0a1b2c3d4e5g",
        " 1931c2e-7d4a-7c3b-9f21-0a1b2c3d4e5f",
        "01931c2e-7d4a-7c3b-9f21-0a1b2c3d4e5f\0", "٠1931c2e-7d4a-7c3b-9f21-0a1b2c3d4e5f",
        "------------------------------------",
    ])
    func `only the canonical text of a UUID is an id`(text: String) {
        #expect(UserID(text) == nil)
        #expect(SessionID(text) == nil)
    }

    @Test func `text and bytes round-trip`() throws {
        let id = try #require(UserID(Self.text))
        #expect(id.description == Self.text)
        #expect(id.bytes.count == 16)
        #expect(id.bytes.first == 0x01)
        #expect(id.bytes.last == 0x5F)
        #expect(UserID(bytes: id.bytes) == id)
        #expect(SessionID(bytes: id.bytes)?.description == Self.text)
    }

    @Test(arguments: [0, 15, 17, 36]) func `another number of bytes is no id`(count: Int) {
        #expect(UserID(bytes: [UInt8](repeating: 1, count: count)) == nil)
    }

    @Test func `a new id carries time, version and variant`() {
        let id = SessionID.generate(at: Timestamp(milliseconds: 0x0193_1C2E_7D4A)) { count in
            [UInt8](repeating: 0xFF, count: count)
        }
        #expect(id.description == "01931c2e-7d4a-7fff-bfff-ffffffffffff")
        let zero = UserID.generate(at: Timestamp(milliseconds: 0x0193_1C2E_7D4A)) { [UInt8](repeating: 0, count: $0) }
        #expect(zero.description == "01931c2e-7d4a-7000-8000-000000000000")
    }

    @Test func `ids of later milliseconds sort later, as bytes and as text`() {
        let ids = (0..<50).map { UserID.generate(at: Timestamp(milliseconds: 1_795_420_800_000 + Int64($0))) }
        #expect(ids == ids.sorted())
        #expect(ids.map(\.description) == ids.map(\.description).sorted())
        #expect(Set(ids).count == 50)
    }

    @Test func `times before 1970 and beyond 48 bits do not trap`() {
        #expect(UserID.generate(at: Timestamp(milliseconds: -5)).bytes.prefix(6) == [0, 0, 0, 0, 0, 0])
        #expect(UserID.generate(at: Timestamp(milliseconds: .max)).bytes.count == 16)
    }

    @Test(arguments: [
        "", ".", "..", "...", "a b", "a/b", "ä", "a:b", "a\n", "a+b", String(repeating: "a", count: 65), text,
        "01931C2E-7D4A-7C3B-9F21-0A1B2C3D4E5F",
    ])
    func `a client id of another form is refused`(text: String) {
        #expect(ClientID(text) == nil)
    }

    @Test(arguments: ["a", "my-app_1.0", String(repeating: "Z", count: 64), "01931c2e-7d4a-7c3b-9f21"])
    func `a client id of the right form is accepted`(text: String) {
        #expect(ClientID(text)?.description == text)
    }

    @Test(arguments: ["", "a.b", "a=", "a b", String(repeating: "a", count: 129)])
    func `a token id of another form is refused`(text: String) {
        #expect(TokenID(text) == nil)
    }

    @Test func `a new token id is 16 random bytes`() {
        #expect(TokenID.generate { Array(repeating: 0, count: $0) }.description == String(repeating: "A", count: 22))
        #expect(TokenID.generate() != TokenID.generate())
    }

    @Test(arguments: [
        "", "1", String(repeating: "A", count: 42), String(repeating: "A", count: 44),
        String(repeating: "A", count: 42) + "B",
        String(repeating: "A", count: 42) + "=",
    ])
    func `a key id that is no SHA-256 is refused`(text: String) {
        #expect(KeyID(text) == nil)
    }
}
