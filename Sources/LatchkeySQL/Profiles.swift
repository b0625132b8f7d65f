import LatchkeyCore
import LatchkeyTokens

/// Rows of `profiles`.
struct Profiles: ProfileTable {
    private let connection: any SQLConnection

    init(_ connection: any SQLConnection) { self.connection = connection }

    private static let columns = """
        user_id, email, email_key, email_verified_at, display_name, locale, zoneinfo, claims, updated_at
        """

    private static func decode(_ row: Row) throws -> (UserID, Profile) {
        var profile = Profile(updatedAt: row.timestamp(8))
        if let text: String = row[1], let comparisonForm: String = row[2] {
            profile.email = EmailAddress(stored: text, comparisonForm: comparisonForm)
        }
        profile.emailVerifiedAt = row.optionalTimestamp(3)
        profile.displayName = row[4]
        profile.locale = row[5]
        profile.zoneinfo = row[6]
        do {
            profile.claims = try (row[7] as String?).map { try ProfileClaims(stored: $0) }
        } catch is MalformedJSON {
            throw StoreFault.unreadable(ProfileClaims.self)
        }
        return (try row.userID(0), profile)
    }

    // MARK: Looks

    func find(_ user: UserID) throws -> Profile? {
        try connection.first("SELECT \(Self.columns) FROM profiles WHERE user_id = ?", [user.bytes]) {
            try Self.decode($0).1
        }
    }

    func find(from first: UserID, through last: UserID) throws -> [UserID: Profile] {
        let rows = try connection.all(
            "SELECT \(Self.columns) FROM profiles WHERE user_id BETWEEN ? AND ?", [first.bytes, last.bytes],
            Self.decode)
        return Dictionary(rows) { first, _ in first }
    }

    func owners(ofAddress comparisonForm: String, limit: Int) throws -> [UserID] {
        try connection.all(
            "SELECT user_id FROM profiles WHERE email_key = ? LIMIT ?", [comparisonForm, limit]
        ) { try $0.userID(0) }
    }

    func namesOfOwners(ofAddress comparisonForm: String, limit: Int) throws -> [String] {
        try connection.all(
            """
            SELECT u.normalised_name FROM profiles f JOIN users u ON u.id = f.user_id WHERE f.email_key = ? LIMIT ?
            """, [comparisonForm, limit]
        ) { $0[0] }
    }

    // MARK: Writes

    func put(_ profile: Profile, of user: UserID) throws {
        try connection.write(
            """
            INSERT INTO profiles (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (user_id) DO UPDATE SET email = excluded.email, email_key = excluded.email_key,
                email_verified_at = excluded.email_verified_at, display_name = excluded.display_name,
                locale = excluded.locale, zoneinfo = excluded.zoneinfo, claims = excluded.claims,
                updated_at = excluded.updated_at
            """,
            [
                user.bytes, profile.email?.text, profile.email?.comparisonForm,
                profile.emailVerifiedAt?.milliseconds, profile.displayName, profile.locale, profile.zoneinfo,
                profile.claims?.text, profile.updatedAt.milliseconds,
            ])
    }
}
