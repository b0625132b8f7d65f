import LatchkeyCore
import LatchkeyTokens

extension SchemaDescription {
    private static let strings = SchemaType.array(.string)
    private static let algorithm = SchemaType.choice(of: JWSAlgorithm.self)
    private static let grants = SchemaType.array(.choice(of: Client.Grant.self))

    private static let clientSettings: [SchemaMember] = [
        .nullable("login_uri", .string, "Where its users sign in when they come from another host."),
        .nullable("algorithm", algorithm), .nullable("access_ttl_seconds", .integer),
        .nullable("idle_ttl_seconds", .integer), .nullable("absolute_ttl_seconds", .integer),
    ]

    static let client = SchemaDescription(
        "Client", "An application.",
        [
            .required("id", .string, "The client_id."), .required("kind", .choice(["public", "confidential"])),
            .required("first_party", .boolean), .required("disabled", .boolean), .required("origins", strings),
            .required("redirect_uris", strings), .required("audiences", strings),
            .optional("scope", .string, "Absent: the default list."), .required("grants", grants),
            .required("created_at", .integer, Meaning.instant),
        ] + clientSettings)

    static let clientCreate = SchemaDescription(
        "ClientCreate", "A client to register.", isClosed: true,
        [
            .required("id", .string), .required("kind", .choice(["public", "confidential"])),
            .nullable("first_party", .boolean), .nullable("origins", strings), .nullable("redirect_uris", strings),
            .nullable("audiences", strings), .nullable("scope", .string), .nullable("grants", grants),
            .nullable("client_secret", .string, "Absent: a confidential client gets a new one."),
        ] + clientSettings)

    static let clientUpdate = SchemaDescription(
        "ClientUpdate", "What to change; absent members stay, null returns to the issuer's setting.",
        isClosed: true,
        [
            .nullable("first_party", .boolean), .nullable("origins", strings), .nullable("redirect_uris", strings),
            .nullable("audiences", strings), .nullable("scope", .string), .nullable("grants", grants),
        ] + clientSettings)

    static let clientCreated = SchemaDescription(
        "ClientCreated", "A client with what to know about it.",
        [
            .required("client", .object(.client)), .required("warnings", strings),
            .optional("client_secret", .string, "Shown once."),
        ])

    static let clientSecretRotate = SchemaDescription(
        "ClientSecretRotate", "How to rotate.", isClosed: true,
        [
            .nullable("grace_seconds", .integer, "How long the old secret works, 0 to 2592000.")
        ])

    static let clientSecretRotated = SchemaDescription(
        "ClientSecretRotated", "The new secret.",
        [
            .required("client_id", .string), .required("client_secret", .string, "Shown once."),
            .required("previous_expires_at", .integer, Meaning.instant),
        ])
}

extension ClientResource: WireValue {
    package static var schemaType: SchemaType { .object(.client) }
}

extension ClientCreate: ResourceBody {
    static var memberNames: [String] { CodingKeys.allCases.map(\.stringValue).sorted() }
}

extension ClientUpdate: ResourceBody {
    static var memberNames: [String] { CodingKeys.allCases.map(\.stringValue).sorted() }
}

extension ClientSecretRotate: ResourceBody {
    static var memberNames: [String] { CodingKeys.allCases.map(\.stringValue).sorted() }
}
