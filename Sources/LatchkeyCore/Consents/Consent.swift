package import LatchkeyTokens

/// What a user lets an application have, until the user takes it back.
package struct Consent: Sendable, Equatable {
    package let user: UserID
    package let client: ClientID
    package let scope: Scope
    package let grantedAt: Timestamp

    package init(user: UserID, client: ClientID, scope: Scope, grantedAt: Timestamp) {
        self.user = user
        self.client = client
        self.scope = scope
        self.grantedAt = grantedAt
    }
}

package protocol ConsentLook {
    func find(_ user: UserID, _ client: ClientID) throws -> Consent?
    /// The latest first.
    func all(of user: UserID) throws -> [Consent]
}

package protocol ConsentTable: ConsentLook {
    /// Replaces an earlier one.
    func put(_ consent: Consent) throws
    /// - Returns: whether there was one.
    func remove(_ user: UserID, _ client: ClientID) throws -> Bool
}
