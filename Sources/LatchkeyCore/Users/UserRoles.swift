/// Which roles a user may be given. They travel in access tokens as `roles`, so they are few and short.
package enum UserRoles {
    /// The role that, together with the scope `latchkey:admin`, opens the admin API.
    package static let admin = "admin"
    /// The most roles of one user.
    package static let maximumCount = 32
    /// The longest role, in characters.
    package static let maximumLength = 64

    /// Removes repetitions and checks each role: 1 to 64 of `A-Z a-z 0-9 . _ : / -`.
    /// - Throws: `invalid_request` with what to change.
    package static func validated(_ roles: [String]) throws(Refusal) -> [String] {
        var unique: [String] = []
        for role in roles where !unique.contains(role) {
            guard (1...maximumLength).contains(role.utf8.count), role.utf8.allSatisfy(isAllowed) else {
                throw Refusal(
                    .invalidRequest,
                    "A role has 1 to 64 letters, digits or characters of . _ : / - and no spaces: change the role.")
            }
            unique.append(role)
        }
        guard unique.count <= maximumCount else {
            throw Refusal(.invalidRequest, "A user has at most 32 roles: remove some.")
        }
        return unique
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "._:/-".utf8.contains(byte)
        }
    }
}
