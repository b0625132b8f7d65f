import LatchkeyTokens
import Testing

@testable import LatchkeyCore

struct ImportLineTests {
    private let now = Timestamp(seconds: 1_795_420_800)

    @Test(arguments: [
        (" alice", ImportedHashes.all[1], [], "space"), ("alice", "secret-in-plain", [], "no known form"),
        ("alice", "", [], "empty"), ("alice", ImportedHashes.all[1], ["two words"], "role"),
        ("alice", "$2b$15$r.pnAr/O62gT12a8jVpOz.exak9hrcjYhUF3ag2g7AWPyxazSIEK6", [], "04 to 14"),
        ("", ImportedHashes.all[1], [], "empty"),
    ])
    func `a line that cannot be imported says why`(
        username: String, hash: String, roles: [String], word: String
    ) throws {
        let line = ImportLine(number: 3, username: username, passwordHash: hash, roles: roles)
        let fault = #expect(throws: ImportLineFault.self) { try line.validated(at: now) }
        let sentence = try #require(fault).description
        #expect(sentence.contains(word))
        #expect(!sentence.contains("secret-in-plain"))
    }

    @Test func `a good line becomes a row with everything that it said`() throws {
        let line = ImportLine(
            number: 1, username: "Alice", passwordHash: ImportedHashes.all[2], roles: ["admin", "admin"],
            disabled: true, mustChange: true)
        let row = try line.validated(at: now).row
        #expect(row.user.name == "Alice")
        #expect(row.user.normalisedName == "alice")
        #expect(row.user.roles == ["admin"])
        #expect(row.user.disabled)
        #expect(row.user.mustChangePassword)
        #expect(row.user.createdAt == now)
        #expect(row.passwordHash == ImportedHashes.all[2])
    }
}
