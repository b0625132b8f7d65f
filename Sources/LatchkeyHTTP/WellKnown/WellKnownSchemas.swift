import LatchkeyTokens

/// The published lists, which LatchkeyTokens writes. A test checks each against real responses.
extension SchemaDescription {
    static let revocationDocument = SchemaDescription(
        "RevocationDocument", "The revocation list.",
        [
            .required("iss", .string), .required("epoch", .string),
            .required("after", .integer, "The seq after which the entries begin; 0 for a snapshot."),
            .required("seq", .integer), .required("now", .integer, Meaning.instant),
            .required("next_update", .integer, "Seconds."), .required("expires_in", .integer, "Seconds."),
            .required("entries", .array(.object(.revocationListEntry))),
        ])

    static let revocationListEntry = SchemaDescription(
        "RevocationListEntry", "A rule that makes some access tokens invalid.",
        [
            .required("seq", .integer),
            .required("kind", .choice(of: RevocationEntry.Kind.self)), .optional("id", .string),
            .optional("iat_before", .integer, Meaning.instant), .required("exp", .integer, Meaning.instant),
        ])

    static let statusListAggregation = SchemaDescription(
        "StatusListAggregation", "All Token Status Lists that are still in use.",
        [.required("status_lists", .array(.string), "URIs.")])
}
