package import LatchkeyTokens

package protocol SigningKeyLook {
    /// Keys that are announced, active or retired; with `includingGone`, all keys. In the order of their announcement.
    func all(includingGone: Bool) throws -> [SigningKeyRecord]
    func version() throws -> Int64
    /// A sealed probe that shows at start whether the master key is the right one.
    func masterKeyProbe() throws -> [UInt8]?
}

package protocol SigningKeyTable: SigningKeyLook {
    func upsert(_ key: SigningKeyRecord) throws
    func reseal(_ id: KeyID, _ sealed: [UInt8]) throws
    func setMasterKeyProbe(_ sealed: [UInt8]?) throws
    func raiseVersion() throws
}
