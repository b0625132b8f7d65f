import LatchkeyCore
import Testing

struct UserRolesTests {
    @Test(arguments: ["", "two words", "a\"b", "a\\b", "\u{E4}", "x\n", String(repeating: "r", count: 65)])
    func `a role that would not fit into a token is refused`(role: String) {
        #expect(throws: Refusal(.invalidRequest, "")) { try UserRoles.validated(["good", role]) }
    }

    @Test func `a role that is merely equivalent to one before is judged itself`() {
        #expect(throws: Refusal(.invalidRequest, "")) { try UserRoles.validated(["K", "\u{212A}"]) }
    }

    @Test func `more than 32 roles are refused, repeated ones count once`() throws {
        let many = (0..<33).map { "role\($0)" }
        #expect(throws: Refusal(.invalidRequest, "")) { try UserRoles.validated(many) }
        #expect(try UserRoles.validated(Array(many.dropLast()) + many.prefix(5)).count == 32)
        #expect(try UserRoles.validated(["b", "a", "b"]) == ["b", "a"])
    }
}
