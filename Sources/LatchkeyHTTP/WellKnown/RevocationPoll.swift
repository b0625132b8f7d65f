package import LatchkeyCore

/// The query of a poll of the revocation list, judged strictly: a poller that believes it asks for news must not get
/// something else.
package struct RevocationPoll: Sendable, Equatable {
    /// The longest name of a consumer, in bytes of printable ASCII.
    package static let longestConsumer = 64
    /// The longest epoch that is looked at; ours are far shorter.
    private static let longestEpoch = 128

    package let after: Int64?
    package let epoch: String?
    /// In seconds; nil for a plain poll. Not yet capped.
    package let wait: Int?
    package let consumer: String?

    /// - Throws: `Refusal` `invalid_request`.
    package init(_ parameters: RequestParameters) throws(Refusal) {
        after = try parameters.integer("after").map(Int64.init)
        wait = try parameters.integer("wait")
        // An epoch that cannot be ours is an unknown one: the snapshot, not an error.
        epoch = parameters["epoch"].flatMap { $0.utf8.count <= Self.longestEpoch ? $0 : "" }
        consumer = parameters["consumer"]
        if let consumer {
            guard consumer.utf8.count <= Self.longestConsumer, consumer.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
            else {
                throw Refusal(
                    .invalidRequest,
                    "The parameter consumer must be at most \(Self.longestConsumer) printable ASCII characters.")
            }
        }
    }

    /// What the feed is asked for.
    package var query: RevocationQuery { RevocationQuery(after: after, epoch: epoch) }
}
