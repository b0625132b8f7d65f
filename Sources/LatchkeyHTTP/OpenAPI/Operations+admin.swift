import LatchkeyCore
import LatchkeyTokens

extension OperationDescription {
    private static let page = [Parameter.limit, .cursor]
    private static let since = Parameter("since", .integer, "Only from this instant on, Unix seconds.")

    /// The admin API, by method and path.
    static let admin: [String: OperationDescription] = users.merging(others) { first, _ in first }

    private static let users: [String: OperationDescription] = prefixed([
        "GET /users": .init(
            "users", "Lists users, newest first.",
            query: page + [Parameter("name", .string, "Only the user of this name.")], .json("UserPage")),
        "POST /users": .init(
            "users", "Adds a user.", body: .json("UserCreate"), .json("User", status: 201, "Added.")),
        "POST /users/import": .init(
            "users", "Imports a chunk of users with password hashes of another system.",
            body: .json("UserImportRequest"), .json("UserImportResponse")),
        "GET /users/{user}": .init(
            "users", "Shows a user, by id or by a name that may stand in a path; by any name: GET /users with name.",
            .json("User")),
        "PATCH /users/{user}": .init(
            "users", "Changes name, roles or the duty to change the password.", body: .json("UserUpdate"),
            .json("User")),
        "DELETE /users/{user}": .init(
            "users", "Removes a user, the sessions and the tokens.", .empty(204, "Removed.")),
        "PUT /users/{user}/password": .init(
            "users", "Sets a password; ends all sessions and tokens of the user.", body: .json("PasswordSet"),
            .empty(204, "Set.")),
        "POST /users/{user}/disable": .init(
            "users", "Disables a user; ends all sessions and tokens.", .json("User")),
        "POST /users/{user}/enable": .init("users", "Enables a user again.", .json("User")),
    ])

    private static let others: [String: OperationDescription] = prefixed([
        "GET /clients": .init("clients", "Lists clients, newest first.", query: page, .json("ClientPage")),
        "POST /clients": .init(
            "clients", "Registers a client; the answer shows its secret once.", body: .json("ClientCreate"),
            .json("ClientCreated", status: 201, "Registered.")),
        "GET /clients/{client}": .init("clients", "Shows a client.", .json("Client")),
        "PATCH /clients/{client}": .init(
            "clients", "Changes a client.", body: .json("ClientUpdate"), .json("ClientCreated")),
        "DELETE /clients/{client}": .init(
            "clients", "Removes a client, its sessions and its tokens.", .empty(204, "Removed.")),
        "POST /clients/{client}/disable": .init(
            "clients", "Disables a client; ends its sessions and tokens.", .json("Client")),
        "POST /clients/{client}/enable": .init("clients", "Enables a client again.", .json("Client")),
        "POST /clients/{client}/rotate-secret": .init(
            "clients", "Makes a new secret; the old one works for a grace period.",
            body: .json("ClientSecretRotate", isRequired: false), .json("ClientSecretRotated")),
        "GET /sessions": .init(
            "sessions", "Lists sessions, newest first.",
            query: page + [
                Parameter("user", .string, "Only of this user, by id or name."),
                Parameter("client", .string, "Only of this client."),
                Parameter("state", .choice(SessionFilter.State.allCases.map(\.rawValue)), "Only in this state."), since,
            ], .json("SessionPage")),
        "GET /sessions/{sid}": .init("sessions", "Shows a session.", .json("Session")),
        "DELETE /sessions/{sid}": .init(
            "sessions", "Ends a session and its tokens.", .empty(204, "Ended, now or before.")),
        "GET /sessions/{sid}/explain": .init(
            "sessions", "Tells from the audit trail why a session is as it is.", .json("SessionExplanation")),
        "GET /revocations": .init(
            "revocations", "Lists the revocation log, newest first; with after, what is newer, oldest first.",
            query: page + [Parameter("after", .integer, "Only live entries with a greater seq, oldest first.")],
            Answer(
                status: 200, description: "A page, or with after a tail.", contentType: "application/json",
                type: .oneOf(["RevocationPage", "RevocationTail"]))),
        "POST /revocations": .init(
            "revocations", "Revokes tokens, a session, or everything of a user, a client, a key or everybody.",
            body: .json("RevocationCreate"), .json("Revocation", status: 201, "Revoked."),
            .json("RevocationUnchanged", "Nothing live was left to revoke.")),
        "GET /revocations/{seq}": .init(
            "revocations", "Shows a live entry and which known consumers have acknowledged it.",
            .json("RevocationSpread")),
        "GET /keys": .init(
            "keys", "Lists signing keys with their timeline.",
            query: page + [Parameter("all", .choice(["true", "false"]), "Those that are gone too.")], .json("KeyPage")),
        "POST /keys/rotate": .init(
            "keys", "Advances signing keys by hand, or replaces stolen ones.",
            body: .json("KeyRotate", isRequired: false), .json("KeyPage")),
        "POST /keys/import": .init(
            "keys", "Takes a private key made elsewhere.", body: .json("KeyImport"),
            .json("Key", status: 201, "Imported.")),
        "POST /master-key/rotate": .init(
            "keys", "Makes a new master key and seals everything with it.",
            body: .json("MasterKeyRotate", isRequired: false), .json("MasterKeyRotated")),
        "GET /consumers": .init(
            "revocations", "Lists who polls the revocation list under a name.", query: page, .json("ConsumerPage")),
        "DELETE /consumers": .init(
            "revocations", "Forgets a consumer that has left; one that polls all the same comes back.",
            query: [
                Parameter("name", .string, "Its name; required."),
                Parameter("address", .string, "Only the one at this address."),
            ], .empty(204, "Forgotten.")),
        "GET /audit": .init(
            "audit", "Lists the audit trail, newest first.",
            query: page + [
                Parameter("user", .string, "Only about this user, by id or name; a deleted one too."),
                Parameter("session", .string, "Only about this session."),
                Parameter("client", .string, "Only about this client."),
                Parameter("kind", .choice(AuditEvent.Kind.allCases.map(\.rawValue)), "Only events of this kind."),
                since,
            ], .json("AuditPage")),
        "GET /streams": .init(
            "events", "Lists the streams of security events, newest first.", query: page, .json("StreamPage")),
        "DELETE /streams/{stream}": .init(
            "events", "Deletes a receiver's stream and what waits in it.", .empty(204, "Deleted.")),
        "GET /stats": .init("operations", "Shows figures of the process and its database.", .json("Stats")),
        "POST /tokens": .init(
            "tokens", "Mints an access token in a user's name, for tests.", body: .json("TokenMint"),
            .json("TokenMinted", status: 201, "Minted.")),
    ])

    private static func prefixed(_ operations: [String: OperationDescription]) -> [String: OperationDescription] {
        Dictionary(
            uniqueKeysWithValues: operations.map { key, value in
                (key.replacing(" ", with: " /api/v1/admin", maxReplacements: 1), value)
            })
    }
}
