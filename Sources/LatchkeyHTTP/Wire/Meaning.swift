/// Descriptions in the API document of members that mean the same in several objects.
enum Meaning {
    static let instant = "Unix seconds."
    static let actor = "operator, system, user:<sub> or client:<client_id>."
    static let actorName = "The acting user's name at that time."
}
