import LatchkeyCore
import LatchkeyTokens

extension OperationDescription {
    private static let page = [Parameter.limit, .cursor]
    private static let since = Parameter("since", .natural, "Only items since this instant, Unix seconds.")

    /// The admin API, by method and path.
    static let admin: [String: OperationDescription] = users.merging(others) { first, _ in first }

    private static let users: [String: OperationDescription] = prefixed([
        "GET /users": .init(
            "users", "Lists users, newest first.",
            query: page + [Parameter("name", .nonEmpty, "Only the user with this name.")],
            .json(PageResource<UserResource>.self)),
        "POST /users": .init(
            "users", "Adds a user.", body: .json(UserCreate.self), .json(UserResource.self, status: 201, "Added.")),
        "POST /users/import": .init(
            "users", "Imports a chunk of users with password hashes of another system.",
            body: .json(UserImportRequest.self), .json(UserImportResponse.self)),
        "GET /users/{user}": .init(
            "users",
            "Shows a user, by id or by a name that fits into a path; for any other name use GET /users with name.",
            .json(UserResource.self)),
        "PATCH /users/{user}": .init(
            "users", "Changes the name, the roles, whether the user must change the password, and the profile.",
            body: .json(UserUpdate.self),
            .json(UserResource.self)),
        "DELETE /users/{user}": .init(
            "users", "Removes a user with all sessions and tokens.", .empty(204, "Removed.")),
        "PUT /users/{user}/password": .init(
            "users", "Sets a password; ends all sessions and tokens of the user.", body: .json(PasswordSet.self),
            .empty(204, "Set.")),
        "POST /users/{user}/disable": .init(
            "users", "Disables a user; ends all sessions and tokens.", .json(UserResource.self)),
        "POST /users/{user}/enable": .init("users", "Enables a user again.", .json(UserResource.self)),
    ])

    private static let others: [String: OperationDescription] = prefixed([
        "GET /clients": .init(
            "clients", "Lists clients, newest first.", query: page, .json(PageResource<ClientResource>.self)),
        "POST /clients": .init(
            "clients", "Registers a client; the answer shows its secret once.", body: .json(.clientCreate),
            .json(.clientCreated, status: 201, "Registered.")),
        "GET /clients/{client}": .init("clients", "Shows a client.", .json(.client)),
        "PATCH /clients/{client}": .init(
            "clients", "Changes a client.", body: .json(.clientUpdate), .json(.clientCreated)),
        "DELETE /clients/{client}": .init(
            "clients", "Removes a client with its sessions and tokens.", .empty(204, "Removed.")),
        "POST /clients/{client}/disable": .init(
            "clients", "Disables a client; ends its sessions and tokens.", .json(.client)),
        "POST /clients/{client}/enable": .init("clients", "Enables a client again.", .json(.client)),
        "POST /clients/{client}/rotate-secret": .init(
            "clients", "Creates a new secret; the old one works for a grace period.",
            body: .json(.clientSecretRotate, isRequired: false), .json(.clientSecretRotated)),
        "GET /sessions": .init(
            "sessions", "Lists sessions, newest first.",
            query: page + [
                Parameter("user", .user, "Only sessions of this user, by id or name."),
                Parameter("client", .clientID, "Only sessions of this client."),
                Parameter(
                    "state", .choice(SessionFilter.State.allCases.map(\.rawValue)), "Only sessions in this state."),
                since,
            ], .json(PageResource<SessionResource>.self)),
        "GET /sessions/{sid}": .init("sessions", "Shows a session.", .json(SessionResource.self)),
        "DELETE /sessions/{sid}": .init(
            "sessions", "Ends a session and its tokens.", .empty(204, "Ended, now or earlier.")),
        "GET /sessions/{sid}/explain": .init(
            "sessions", "Explains from the audit trail why a session is in its state.",
            .json(SessionExplanationResource.self)),
        "GET /revocations": .init(
            "revocations", "Lists the revocation log, newest first; with after, the newer entries, oldest first.",
            query: page + [Parameter("after", .natural, "Only live entries with a greater seq, oldest first.")],
            Answer(
                status: 200, description: "A page; with after, a tail.", contentType: "application/json",
                type: .oneOf([
                    PageResource<RevocationResource>.schema.description, RevocationTail.schema.description,
                ]))),
        "POST /revocations": .init(
            "revocations", "Revokes tokens, a session, or everything of a user, a client, a key or all users.",
            body: .json(RevocationCreate.self), .json(RevocationResource.self, status: 201, "Revoked."),
            .json(RevocationUnchanged.self, "There was nothing live to revoke.")),
        "GET /revocations/{seq}": .init(
            "revocations", "Shows a live entry and which known consumers have acknowledged it.",
            .json(RevocationSpread.self)),
        "GET /keys": .init(
            "keys", "Lists signing keys with their timeline.",
            query: page + [Parameter("all", .choice(["true", "false"]), "Whether to include keys that are gone.")],
            .json(PageResource<KeyResource>.self)),
        "POST /keys/rotate": .init(
            "keys", "Advances signing keys by hand, or replaces stolen ones.",
            body: .json(KeyRotate.self, isRequired: false), .json(PageResource<KeyResource>.self)),
        "POST /keys/import": .init(
            "keys", "Imports a private key.", body: .json(KeyImport.self),
            .json(KeyResource.self, status: 201, "Imported.")),
        "POST /master-key/rotate": .init(
            "keys", "Creates a new master key and seals every secret with it.",
            body: .json(MasterKeyRotate.self, isRequired: false), .json(MasterKeyRotated.self)),
        "GET /consumers": .init(
            "revocations", "Lists the named pollers of the revocation list.", query: page,
            .json(PageResource<ConsumerResource>.self)),
        "DELETE /consumers": .init(
            "revocations", "Forgets a consumer; one that still polls comes back.",
            query: [
                Parameter("name", .nonEmpty, "Its name.", isRequired: true),
                Parameter("address", .nonEmpty, "Only the consumer at this address."),
            ], .empty(204, "Forgotten.")),
        "GET /audit": .init(
            "audit", "Lists the audit trail, newest first.",
            query: page + [
                Parameter("user", .user, "Only events about this user, by id or name; deleted users too."),
                Parameter("session", .uuid, "Only events about this session."),
                Parameter("client", .clientID, "Only events about this client."),
                Parameter("kind", .choice(AuditEvent.Kind.allCases.map(\.rawValue)), "Only events of this kind."),
                since,
            ], .json(PageResource<AuditResource>.self)),
        "GET /streams": .init(
            "events", "Lists the streams of security events, newest first.", query: page,
            .json(PageResource<StreamResource>.self)),
        "DELETE /streams/{stream}": .init(
            "events", "Deletes a receiver's stream and the events that wait in it.", .empty(204, "Deleted.")),
        "GET /stats": .init("operations", "Shows figures of the process and its database.", .json(StatsResource.self)),
        "POST /tokens": .init(
            "tokens", "Mints an access token for a user, for tests.", body: .json(TokenMint.self),
            .json(TokenMinted.self, status: 201, "Minted.")),
    ])

    private static func prefixed(_ operations: [String: OperationDescription]) -> [String: OperationDescription] {
        Dictionary(
            uniqueKeysWithValues: operations.map { key, value in
                (key.replacing(" ", with: " /api/v1/admin", maxReplacements: 1), value)
            })
    }
}
