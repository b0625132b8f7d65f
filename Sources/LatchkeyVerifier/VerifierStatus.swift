public import LatchkeyTokens

/// What a verifier knows at a moment: for a readiness check, a metric or a test.
public struct VerifierStatus: Sendable, Hashable {
    /// How far the list can be relied upon, by the verifier's clock.
    public let freshness: RevocationListState.Freshness
    /// Entries held, without those that other entries cover.
    public let entries: Int
    /// `seq` of the last accepted document; nil before the first one and while a full list must be fetched again.
    public let sequence: Int64?
    /// `epoch` of the last accepted document, under the same conditions.
    public let epoch: String?
    /// Keys known.
    public let keys: Int
    /// Whether tokens can be accepted under ``FreshnessPolicy/failClosed``.
    public var isReady: Bool { freshness == .fresh && keys > 0 }

    init(_ snapshot: VerifierSnapshot, at instant: Timestamp) {
        freshness = snapshot.freshness(at: instant)
        entries = snapshot.list.index.count
        sequence = snapshot.list.nextQuery?.after
        epoch = snapshot.list.nextQuery?.epoch
        keys = snapshot.keys.count
    }
}
