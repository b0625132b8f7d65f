import LatchkeyCore

/// What the API document says of members that mean the same in several objects.
enum Meaning {
    static let instant = "Unix seconds."
    static let actor = "operator, system, user:<sub> or client:<client_id>."
    /// The range of an access token's lifetime.
    static let accessLifetime =
        "\(Settings.Tokens.shortestLifetime.components.seconds) to \(Settings.Tokens.longestLifetime.components.seconds) seconds."
    static let actorName = "What the user who acted was called then."
}
