package import LatchkeyTokens

package protocol ProfileLook {
    /// Nil for a user about whom nothing was ever told.
    func find(_ user: UserID) throws -> Profile?
    /// Those of the users whose ids lie between the two, both included.
    func find(from first: UserID, through last: UserID) throws -> [UserID: Profile]
    /// Users with this address in compared form: at most `limit`.
    func owners(ofAddress comparisonForm: String, limit: Int) throws -> [UserID]
    /// The normalised names of the same users.
    func namesOfOwners(ofAddress comparisonForm: String, limit: Int) throws -> [String]
}

package protocol ProfileTable: ProfileLook {
    /// Writes the whole row.
    func put(_ profile: Profile, of user: UserID) throws
}
