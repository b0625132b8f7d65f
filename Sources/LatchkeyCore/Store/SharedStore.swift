package import LatchkeyTokens

/// A store that other processes write to as well: other nodes that serve the same issuer.
///
/// A node learns what others committed by looking: when it hears that something changed, once a second, and when a
/// caller knows of something newer. What it found is told to the ``StoreObserver`` as a ``StoreCheck``.
package protocol SharedStore: Sendable {
    /// Names this node among those that share the database, for as long as the process lives: letters and digits.
    var node: String { get }
    /// What was found last, and how long ago; nil before the first look.
    var lastCheck: (found: StoreCheck, age: Duration)? { get }
    /// For operators.
    var figures: SharingFigures { get }
    /// Whether the revocation log has an entry that this release cannot read: a later one writes kinds that it does not
    /// know.
    var isLogUnreadable: Bool { get }
    /// Why this node uses no connection to the database, as a sentence for the operator: it was restored, copied or
    /// replaced. Nil while it may use them, be the database away or not.
    var refusal: String? { get }
    /// Looks now, at most ten times a second. All who ask meanwhile share one look. Everything that was committed before
    /// the call has been told to the observer when this returns true.
    /// - Returns: false when the database did not answer within `patience`.
    func catchUp(within patience: Duration) async -> Bool

    /// Enters the cluster: joins the epoch of the nodes that serve, or begins a new one. Called once, before anything is
    /// written or served.
    /// - Throws: ``StoreUnavailable`` with a sentence for the operator: another issuer, another master key, or a database
    ///   that was restored, copied or rewound.
    func enter(_ card: NodeCard) async throws
    /// The nodes that were here within the last day, the newest first.
    func nodes() async throws -> [NodeRecord]
    /// Notes the longest life of a token of this node, and how far it lets clocks differ.
    /// - Returns: the greatest of all nodes that were here within the last hour.
    func note(longest: Duration, skew: Duration) async throws -> (longest: Duration, skew: Duration)
    /// Tells the others of a changed master key, which all of them can read.
    func note(_ masterKeys: MasterKeyFingerprints) async throws
    /// Takes or prolongs a piece of work that only one node does at a time.
    /// - Returns: false while another node has it.
    func lease(_ work: SharedWork, for time: Duration) async throws -> Bool
    /// Writes what this node tells about consumers of the revocation list, and returns what all nodes know.
    func exchange(_ changes: ConsumerChanges) async throws -> [SharedConsumer]
}

/// Work that one node does for all.
package enum SharedWork: String, Sendable, CaseIterable {
    /// Removing expired rows.
    case sweep
}

/// What a node found in the database that it shares.
package struct StoreCheck: Sendable, Equatable {
    /// The database's clock.
    package let at: Timestamp
    /// The epoch of the revocation list.
    package let epoch: String
    /// The last `seq` that this node has published.
    package let sequence: Int64
    /// Of the table of signing keys.
    package let keyVersion: Int64
    /// Of the table of clients, with their secrets.
    package let clientVersion: Int64

    package init(at: Timestamp, epoch: String, sequence: Int64, keyVersion: Int64, clientVersion: Int64) {
        self.at = at
        self.epoch = epoch
        self.sequence = sequence
        self.keyVersion = keyVersion
        self.clientVersion = clientVersion
    }
}
