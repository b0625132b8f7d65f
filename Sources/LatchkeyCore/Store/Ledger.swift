package import LatchkeyTokens

/// The open transaction as a rule sees it: its instant, the issuance gate, and one table for each noun.
///
/// A rule reads top to bottom: find, check, judge, decide, gate, audit, write. It touches nothing but the ledger and
/// may run again from its start. If it throws, its own changes are undone and no others. Advancing a lineage is its
/// last act: after ``SessionTable/advance(_:to:)`` it neither writes nor fails.
package protocol Ledger: AnyObject {
    /// The store's clock: the wall clock, or its stored floor while that is later. It never goes backwards.
    var instant: Timestamp { get }
    /// Identifies this act: `txn` of all the security events that the rule writes.
    var cause: String { get }

    /// Asks whether a token may be issued now to subjects with these `issued_before`; the watermark for all tokens is
    /// added.
    func gate(_ issuedBefore: [Int64?]) throws -> IssuanceGate
    /// The instant of a revocation. From now on nothing is issued that it should have matched.
    /// - Parameter byTime: whether the entry matches by `iat`, and not by the name of what it revokes.
    func revocationInstant(byTime: Bool) throws -> Timestamp

    var state: any StateTable { get }
    var sessions: any SessionTable { get }
    var users: any UserTable { get }
    var passwords: any PasswordTable { get }
    var profiles: any ProfileTable { get }
    var clients: any ClientTable { get }
    var codes: any AuthorizationCodeTable { get }
    var signIns: any SignInTable { get }
    var browsers: any BrowserSessionTable { get }
    var consents: any ConsentTable { get }
    var throttle: any ThrottleTable { get }
    var networks: any NetworkTable { get }
    var revocations: any RevocationTable { get }
    var keys: any SigningKeyTable { get }
    var audit: any AuditTable { get }
    var streams: any EventStreamTable { get }
    var statusLists: any StatusListTable { get }
    var upkeep: any UpkeepTable { get }
}

/// A state of the database that is not written to meanwhile.
package protocol Looks {
    var state: any StateLook { get }
    var sessions: any SessionLook { get }
    var codes: any AuthorizationCodeLook { get }
    var signIns: any SignInLook { get }
    var browsers: any BrowserSessionLook { get }
    var consents: any ConsentLook { get }
    var users: any UserLook { get }
    var passwords: any PasswordLook { get }
    var profiles: any ProfileLook { get }
    var clients: any ClientLook { get }
    var throttle: any ThrottleLook { get }
    var networks: any NetworkLook { get }
    var revocations: any RevocationLook { get }
    var keys: any SigningKeyLook { get }
    var audit: any AuditLook { get }
    var streams: any EventStreamLook { get }
    var statusLists: any StatusListLook { get }
    var upkeep: any UpkeepLook { get }
}

/// Whether a walk over rows goes on.
package enum Walk: Sendable {
    case on
    case stop
}

extension Ledger {
    /// Runs `body` when the gate is open for subjects with these `issued_before`; otherwise nothing is written.
    func issue<Value: Sendable>(
        _ issuedBefore: Int64?..., body: (IssuanceStamp) throws -> Value
    ) throws -> Issuance<Value> {
        switch try gate(issuedBefore) {
        case .open(let issuedAt):
            .settled(try body(IssuanceStamp(issuedAt: issuedAt, keyVersion: try state.row().keyVersion)))
        case .wait(let until): .wait(until: until)
        case .clockSetBack(let retryAfter): .clockSetBack(retryAfter: retryAfter)
        }
    }
}
