/// The age of a revocation list, apart from its content. It is needed for every token, so it is a few numbers that cost
/// nothing to copy.
package struct RevocationListAge: Sendable {
    /// The latest `now` of any accepted document.
    let now: Timestamp
    /// In seconds: from the document with the latest `now`, or from an older one accepted after it, if that is less.
    let expiresIn: Int64
    /// The smallest (local clock - `now`) at any receipt, at most the skew: the best known difference of the clocks.
    let offset: Duration
    let skew: ClockSkew

    /// How far the list can be relied upon at this reading of the local clock.
    ///
    /// The age counts from the server's `now`, not from receipt, so that a response from a cache does not look new. If
    /// the local clock was set back by more than the skew, the age means nothing, and the list is stale until a new
    /// document arrives.
    package func freshness(at instant: Timestamp) -> RevocationListState.Freshness {
        let age = instant - now - offset
        return age >= .zero - skew.duration && age < .seconds(expiresIn) ? .fresh : .stale
    }
}
