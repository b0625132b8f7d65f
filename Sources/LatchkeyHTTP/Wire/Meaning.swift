import LatchkeyCore

/// Descriptions in the API document of members that mean the same in several objects.
enum Meaning {
    static let instant = "Unix seconds."
    static let actor = "operator, system, user:<sub> or client:<client_id>."
    /// The range of an access token's lifetime.
    static let accessLifetime =
        "\(Settings.Tokens.shortestLifetime.components.seconds) to \(Settings.Tokens.longestLifetime.components.seconds) seconds."
    static let actorName = "The acting user's name at that time."
}
