/// What the API document says of members that mean the same in several objects.
enum Meaning {
    static let instant = "Unix seconds."
    static let actor = "operator, system, user:<sub> or client:<client_id>."
    static let actorName = "What the user who acted was called then."
}
