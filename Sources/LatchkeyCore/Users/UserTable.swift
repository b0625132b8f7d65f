package import LatchkeyTokens

package protocol UserLook {
    func find(_ id: UserID) throws -> User?
    func find(normalisedName: String) throws -> User?
    func loginRecord(of id: UserID) throws -> LoginRecord?
    func loginRecord(normalisedName: String) throws -> LoginRecord?
    /// The user who has the name, and those who had it, as far back as former names are kept: at most `limit`, the
    /// latest first.
    func everNamed(_ normalisedName: String, limit: Int) throws -> [UserID]
    /// Newest first, at most `limit`.
    func page(before: UserID?, limit: Int) throws -> [User]
    /// The oldest first, at most `limit`.
    func page(after: UserID?, limit: Int) throws -> [User]
}

package protocol UserTable: UserLook {
    /// - Returns: false when the normalised name is taken; nothing was written then.
    func insert(_ user: User) throws -> Bool
    /// Writes the name, the roles and whether the password must be changed.
    func update(_ user: User) throws
    func setDisabled(_ id: UserID, _ disabled: Bool) throws
    /// Revokes tokens issued and sessions begun until now.
    func setWatermark(_ id: UserID, at instant: Timestamp) throws
    /// Deletes the password and known networks too; sessions read as absent from now on and are removed by the sweep.
    func delete(_ id: UserID) throws
    /// Lets the audit trail be queried by a name that is no longer in use.
    func keepName(of user: User, at instant: Timestamp) throws
}

package protocol PasswordLook {
    /// The highest cost among imported hashes that have not been replaced yet; nil when none is left.
    func slowestForeignHash() throws -> Duration?
}

package protocol PasswordTable: PasswordLook {
    /// The first version.
    /// - Parameter cost: see ``UserImport/cost``.
    func insert(_ hash: String, cost: Duration?, of user: UserID, at instant: Timestamp) throws
    func replace(_ credential: PasswordCredential, of user: UserID) throws
    /// - Returns: false when the version is another one; nothing was written then.
    func rehash(_ hash: String, of user: UserID, ifVersion version: Int64) throws -> Bool
    /// A login under way loses.
    func raiseVersion(of user: UserID) throws
}
