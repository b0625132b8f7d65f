import LatchkeyTokens
import Testing

@testable import LatchkeyCore

/// Which claims about a user an ID token has room for.
struct IDTokenProfileTests {
    private typealias Claim = UserClaims.Claim

    private static let claims = [
        Claim(name: "name", value: .string("Ada Lovelace")), Claim(name: "preferred_username", value: .string("ada")),
        Claim(name: "picture", value: .string("https://a.example/" + String(repeating: "p", count: 900))),
        Claim(name: "locale", value: .string("en-GB")), Claim(name: "updated_at", value: .integer(1)),
        Claim(name: "email", value: .string("ada@example.com")), Claim(name: "email_verified", value: .bool(true)),
        Claim(name: "phone_number", value: .string("+44 1")), Claim(name: "phone_number_verified", value: .bool(false)),
        Claim(name: "groups", value: .array([.string("staff")])),
    ]

    private func names(_ room: Int, _ claims: [UserClaims.Claim] = Self.claims) -> [String] {
        IDTokenProfile.fitting(claims, room: room).map(\.name)
    }

    private func length(_ names: [String]) -> Int {
        Self.claims.filter { names.contains($0.name) }.reduce(0) { sum, claim in
            sum + JSONWriter.object { $0.member(claim.name, claim.value) }.count - 1
        }
    }

    @Test func `with room for all, all are there, names, address and the operator's first`() {
        #expect(
            names(5000) == [
                "name", "preferred_username", "email", "email_verified", "groups", "picture", "locale", "updated_at",
                "phone_number", "phone_number_verified",
            ])
    }

    @Test func `a long claim gives way to those after it`() {
        #expect(
            names(400) == [
                "name", "preferred_username", "email", "email_verified", "groups", "locale", "updated_at",
                "phone_number", "phone_number_verified",
            ])
    }

    @Test func `an address never stands without what says whether it was verified`() {
        let both = ["name", "preferred_username", "email", "email_verified"]
        #expect(names(length(both)) == both)
        #expect(names(length(both) - 1).prefix(3) == ["name", "preferred_username", "groups"])
        #expect(!names(length(both) - 1).contains("email_verified"))
    }

    @Test(arguments: [0, -1, 10]) func `without room there is none`(room: Int) { #expect(names(room).isEmpty) }

    @Test func `never more bytes than there is room for`() {
        for room in 0...1400 { #expect(length(names(room)) <= room, "\(room)") }
    }
}
