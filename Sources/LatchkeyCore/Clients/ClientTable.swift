package import LatchkeyTokens

package protocol ClientLook {
    /// Whether the server's own, too.
    func find(_ id: ClientID) throws -> Client?
    /// Whether it is one of the server's own.
    func isBuiltIn(_ id: ClientID) throws -> Bool
    /// Without the server's own. Newest first, at most `limit`, each with the number by which the list is ordered.
    func page(before number: Int64, limit: Int) throws -> [(number: Int64, client: Client)]
    /// The secrets of all clients, the newest of each first.
    /// - Parameter instant: only those that work at this instant; `nil` for all.
    func secrets(at instant: Timestamp?) throws -> [SealedClientSecret]
    /// Grows with every change of any client.
    func version() throws -> Int64
}

package protocol ClientTable: ClientLook {
    /// - Returns: false when the id is taken; nothing was written then.
    func insert(_ client: Client) throws -> Bool
    /// Adds one of the server's own, unless the id is taken.
    func insertBuiltIn(_ id: ClientID, at instant: Timestamp) throws
    /// Writes what an administrator may set. The state (disabled, watermarks) has its own statements: a stale copy must
    /// not undo it.
    func update(_ client: Client) throws
    func setDisabled(_ id: ClientID, _ disabled: Bool) throws
    /// Revokes tokens issued and sessions begun until now.
    func setWatermark(_ id: ClientID, at instant: Timestamp) throws
    func delete(_ id: ClientID) throws
    /// - Returns: false when the client has a secret with this same instant; nothing was written then.
    func insert(_ secret: SealedClientSecret) throws -> Bool
    /// Lets the client's secrets work until `instant` at the latest.
    func expireSecrets(of id: ClientID, at instant: Timestamp) throws
    func reseal(_ secret: SealedClientSecret) throws
    func raiseVersion() throws
}
