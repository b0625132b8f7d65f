import LatchkeyCore
import LatchkeyTokens

extension SchemaDescription {
    private static let seconds = "Unix seconds."
    private static let strings = SchemaType.array(.string)
    private static let algorithm = SchemaType.choice(JWSAlgorithm.allCases.map(\.rawValue))

    /// What the admin API reads and writes.
    static let admin: [SchemaDescription] = users + clients + sessions + revocations + keys + operations + pages

    private static let users: [SchemaDescription] = [
        .init(
            "User", "An account.",
            [
                .required("id", .string, "The sub of the user's tokens."), .required("name", .string),
                .required("roles", strings), .required("disabled", .boolean),
                .required("must_change_password", .boolean), .required("created_at", .integer, seconds),
            ]),
        .init(
            "UserCreate", "A user to add.", isClosed: true,
            [
                .required("name", .string), .required("password", .string), .nullable("roles", strings),
                .nullable("must_change_password", .boolean),
            ]),
        .init(
            "UserUpdate", "What to change; absent members stay.", isClosed: true,
            [
                .nullable("name", .string), .nullable("roles", strings), .nullable("must_change_password", .boolean),
            ]),
        .init(
            "PasswordSet", "A new password.", isClosed: true,
            [
                .required("password", .string), .nullable("must_change", .boolean),
            ]),
        .init(
            "UserImportRequest", "A chunk of an import file, at most 500 lines and 64 KiB.", isClosed: true,
            [
                .required("lines", .array(.reference("UserImportLine"))), .nullable("dry_run", .boolean),
                .nullable("first_line", .integer, "The first line's number in the file."),
            ]),
        .init(
            "UserImportLine", "One account with a hash of another system.", isClosed: true,
            [
                .required("name", .string),
                .required(
                    "password_hash", .string,
                    "Argon2, bcrypt, scrypt or PBKDF2 as Django, Spring Security, passlib, Keycloak, PHP or ASP.NET "
                        + "Identity write it."),
                .nullable("roles", strings), .nullable("disabled", .boolean),
                .nullable("must_change_password", .boolean, "The first sign-in asks for another password."),
            ]),
        .init(
            "UserImportResponse", "What became of each line.",
            [
                .required("results", .array(.reference("UserImportLineResult")))
            ]),
        .init(
            "UserImportLineResult", "What became of one line.",
            [
                .required("line", .integer),
                .required("outcome", .choice(["imported", "already_exists", "refused"])), .optional("id", .string),
                .optional("detail", .string),
            ]),
    ]

    private static let sessions: [SchemaDescription] = [
        .init(
            "Session", "One sign-in of a user through a client.",
            [
                .required("id", .string, "The sid."), .required("sub", .string), .required("user_name", .string),
                .required("client_id", .string), .required("state", .choice(["active", "expired", "ended"])),
                .required("transport", .choice(Session.Transport.allCases.map(\.rawValue))),
                .required("scope", .string),
                .required("generation", .integer), .optional("device_name", .string), .required("network", .string),
                .required("last_network", .string), .required("created_at", .integer, seconds),
                .required("refreshed_at", .integer, seconds), .required("expires_at", .integer, seconds),
                .optional("ended_at", .integer, seconds), .optional("end_reason", .string),
            ]),
        .init(
            "SessionExplanation", "Why a session is as it is.",
            [
                .optional("session", .reference("Session")), .required("verdict", .string),
                .optional("ending", .reference("SessionEnding")),
                .required("events", .array(.reference("AuditEvent"))),
            ]),
        .init(
            "SessionEnding", "What ended a session, as far as the audit trail goes back.",
            [
                .optional("reason", .choice(RevocationReason.allCases.map(\.rawValue))),
                .optional("at", .integer, seconds), .optional("actor", .string),
                .optional("actor_name", .string, "What the user who acted was called then."),
                .optional("note", .string), .optional("seq", .integer, "The entry of the revocation log."),
            ]),
        .init(
            "AuditEvent", "One line of the audit trail.",
            [
                .required("id", .integer), .required("kind", .choice(AuditEvent.Kind.allCases.map(\.rawValue))),
                .required("at", .integer, seconds), .required("actor", .string),
                .optional("actor_name", .string, "What the user who acted was called then."), .optional("sub", .string),
                .optional("user_name", .string, "What the user was called then."), .optional("sid", .string),
                .optional("client_id", .string), .optional("network", .string),
                .required("details", .map), .required("count", .integer),
            ]),
    ]

    private static let kinds = SchemaType.choice(RevocationEntry.Kind.allCases.map(\.rawValue))

    private static let revocations: [SchemaDescription] = [
        .init(
            "Revocation", "An entry of the revocation log.",
            [
                .required("seq", .integer), .required("kind", kinds), .optional("id", .string),
                .optional("iat_before", .integer, seconds), .required("exp", .integer, seconds),
                .required("revoked_at", .integer, seconds),
                .required("reason", .choice(RevocationReason.allCases.map(\.rawValue))), .optional("note", .string),
                .required("actor", .string),
            ]),
        .init(
            "RevocationCreate", "What to revoke.", isClosed: true,
            [
                .required("kind", kinds), .nullable("id", .string, "Absent for kind all."),
                .nullable("token", .string, "With kind token, instead of the id: the token itself."),
                .nullable("reason", .string, "For the log, at most 200 characters."),
                .nullable("sessions", .boolean, "With kind all: end every session too."),
            ]),
        .init(
            "RevocationUnchanged", "Nothing live was left to revoke.",
            [
                .required("kind", kinds), .optional("id", .string), .required("detail", .string),
            ]),
        .init(
            "RevocationTail", "What is newer.",
            [
                .required("items", .array(.reference("Revocation"))),
                .required("after", .integer, "Goes into the next request."),
            ]),
        .init(
            "Consumer", "A named poller of the list.",
            [
                .required("name", .string), .optional("acknowledged_seq", .integer), .required("lag", .integer),
                .required("lag_seconds", .integer, "For how long it has been behind."),
                .optional("behind_since", .integer, seconds), .required("last_seen_at", .integer, seconds),
                .required("address", .string),
                .required("state", .choice(ConsumerResource.State.allCases.map(\.rawValue)), "gone: it polls no more."),
            ]),
        .init(
            "RevocationSpread", "A live entry and who has it.",
            [
                .required("revocation", .reference("Revocation")),
                .required("acknowledged", .array(.reference("Consumer")), "Consumers that have it."),
                .required("pending", .array(.reference("Consumer")), "Consumers that poll and have not."),
                .required("gone", .array(.reference("Consumer")), "Consumers that have not, and poll no more."),
                .required("names_are_authenticated", .boolean, "False: anybody may poll under any name."),
            ]),
    ]

    private static let keys: [SchemaDescription] = [
        .init(
            "Key", "A signing key with its timeline.",
            [
                .required("kid", .string), .required("algorithm", algorithm),
                .required("state", .choice(["announced", "active", "retired", "gone"])),
                .required("withdrawn", .boolean), .required("announced_at", .integer, seconds),
                .optional("activated_at", .integer, seconds), .optional("retired_at", .integer, seconds),
                .optional("gone_at", .integer, seconds), .optional("may_sign_at", .integer, seconds),
                .optional("retires_at", .integer, seconds),
            ]),
        .init(
            "KeyRotate", "How to rotate.", isClosed: true,
            [
                .nullable("algorithm", algorithm), .nullable("emergency", .boolean),
                .nullable("only", .string, "With emergency: this kid alone."),
            ]),
        .init(
            "KeyImport", "A private key.", isClosed: true,
            [
                .required("pem", .string), .nullable("algorithm", algorithm),
            ]),
        .init("MasterKeyRotate", "How to rotate.", isClosed: true, [.nullable("leaked", .boolean)]),
        .init(
            "MasterKeyRotated", "What was done.",
            [
                .required("current_slot", .integer), .required("older_slots", .array(.integer)),
                .required("resealed_keys", .integer), .required("resealed_secrets", .integer),
            ]),
    ]

    private static let operations: [SchemaDescription] = [
        .init(
            "Stats", "Figures of the process and its database.",
            [
                "users", "clients", "sessions", "live_revocations", "audit_events", "database_bytes",
                "write_ahead_log_bytes", "commits", "transactions", "last_seq", "consumers", "waiters", "hash_queue",
                "hash_running",
            ].map { .required($0, .integer) } + [.required("epoch", .string)]),
        .init(
            "TokenMint", "A token to mint.", isClosed: true,
            [
                .required("user", .string, "Id or name."), .required("client_id", .string), .nullable("scope", .string),
                .nullable("audience", strings), .nullable("expires_in", .integer, "30 to 3600 seconds."),
            ]),
        .init(
            "TokenMinted", "A minted token.",
            [
                .required("access_token", .string), .required("token_type", .choice(["Bearer"])),
                .required("expires_in", .integer), .required("scope", .string),
            ]),
    ]

    private static let pages: [SchemaDescription] = [
        page("UserPage", of: "User"), page("ClientPage", of: "Client"), page("SessionPage", of: "Session"),
        page("RevocationPage", of: "Revocation"), page("KeyPage", of: "Key"), page("ConsumerPage", of: "Consumer"),
        page("AuditPage", of: "AuditEvent"),
    ]

    /// A page of a list.
    static func page(_ name: String, of item: String) -> SchemaDescription {
        .init(
            name, "One page.",
            [
                .required("items", .array(.reference(item))),
                SchemaMember(
                    name: "next_cursor", type: .string, isRequired: true, isNullable: true,
                    description: "Goes into cursor; null on the last page."),
            ])
    }
}
