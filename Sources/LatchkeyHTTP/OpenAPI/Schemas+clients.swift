import LatchkeyCore

extension SchemaDescription {
    private static let kind = SchemaType.choice(Client.Kind.allCases.map(\.rawValue))
    private static let strings = SchemaType.array(.string)

    private static let changes: [SchemaMember] = ClientSettings.fields.map { field in
        .nullable(field.name, field.schemaType, field.meaning + field.unit)
    }

    // The fields are those of `ClientSettings`.

    static let client = SchemaDescription(
        "Client", "An application.",
        [
            .required("id", .string, "The client_id."), .required("kind", kind), .required("disabled", .boolean),
            .required("created_at", .integer, Meaning.instant),
            .optional(
                "problem", .string, "Why the server cannot read the client's settings. Such a client is disabled."),
        ]
            + ClientSettings.fields.map { field in
                field.isOptional
                    ? .optional(field.name, field.schemaType, field.meaning)
                    : .required(field.name, field.schemaType, field.meaning)
            })

    static let clientCreate = SchemaDescription(
        "ClientCreate", "A client to register.", isClosed: true,
        [
            .required("id", .clientID), .required("kind", kind),
            .nullable("client_secret", .nonEmpty, "Absent: a new one is created for a confidential client."),
        ] + changes)

    static let clientUpdate = SchemaDescription(
        "ClientUpdate", "What to change: absent members keep their value, null removes a value that is optional.",
        isClosed: true, changes)

    static let clientCreated = SchemaDescription(
        "ClientCreated", "A client with warnings about it.",
        [
            .required("client", .object(.client)), .required("warnings", strings),
            .optional("client_secret", .string, "Shown once."),
        ])

    static let clientSecretRotate = SchemaDescription(
        "ClientSecretRotate", "How to rotate.", isClosed: true,
        [
            .nullable(
                "grace_seconds", .number(0...ClientService.longestGrace.components.seconds),
                "How long the old secret works.")
        ])

    static let clientSecretRotated = SchemaDescription(
        "ClientSecretRotated", "The new secret.",
        [
            .required("client_id", .string), .required("client_secret", .string, "Shown once."),
            .required("previous_expires_at", .integer, Meaning.instant),
        ])
}

extension ClientField {
    fileprivate var schemaType: SchemaType {
        switch form {
        case .flag: .boolean
        case .text: .nonEmpty
        case .words: .scope
        case .choice(let known): .choice(known)
        case .list: .array(.nonEmpty)
        case .choices(let known): .array(.choice(known))
        case .seconds(let range): .number(range)
        }
    }

    /// What the type does not express, as a further sentence.
    fileprivate var unit: String {
        switch form {
        // Without repetitions, which an array's length cannot say.
        case .list(let most): " At most \(most)."
        case .seconds: " Seconds."
        case .flag, .text, .words, .choice, .choices: ""
        }
    }
}

extension ClientResource: WireValue {
    package static var schemaType: SchemaType { .object(.client) }
}

extension ClientSecretRotate: ResourceBody {
    static var memberNames: [String] { CodingKeys.allCases.map(\.stringValue).sorted() }
}
