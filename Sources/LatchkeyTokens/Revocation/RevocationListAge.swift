/// How old a revocation list is, apart from what stands in it: asked for with every token, so it is a few numbers that
/// cost nothing to copy.
package struct RevocationListAge: Sendable {
    /// The latest `now` of any accepted document.
    let now: Timestamp
    /// In seconds: of the document with the latest `now`, or of an older one accepted after it, if that is less.
    let expiresIn: Int64
    /// The smallest (own clock - `now`) at any receipt, at most the skew: what the clocks differ by, at best.
    let offset: Duration
    let skew: ClockSkew

    /// How far the list can be relied upon at this reading of the own clock.
    ///
    /// Age counts from the server's `now`, not from receipt, so that an answer out of a cache does not look new. When
    /// the own clock was set back by more than the skew, age says nothing, and the list is stale until a new document.
    package func freshness(at instant: Timestamp) -> RevocationListState.Freshness {
        let age = instant - now - offset
        return age >= .zero - skew.duration && age < .seconds(expiresIn) ? .fresh : .stale
    }
}
