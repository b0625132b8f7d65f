import LatchkeyTokens
import TestSupport
import Testing

/// Every act that revokes, with what it must write and whom it must hit: the one table for whatever enforces the list.
enum RevocationCause: String, CaseIterable, CustomTestStringConvertible {
    case logoutByAccessToken = "logout with the access token"
    case logoutByRefreshToken = "logout with the refresh token"
    case replay = "a replayed refresh token"
    case revokedRefreshToken = "/oauth2/revoke of the refresh token"
    case revokedAccessToken = "/oauth2/revoke of the access token"
    case ownSession = "the user ends one session"
    case ownPassword = "the user changes the password"
    case ownAccount = "the user deletes the account"
    case passwordSet = "an administrator sets the password"
    case userDisabled = "disable user"
    case userDeleted = "delete user"
    case clientDisabled = "disable client"
    case clientDeleted = "delete client"
    case adminSession = "admin: session"
    case kindToken = "admin: kind token"
    case kindSession = "admin: kind session"
    case kindUser = "admin: kind user"
    case kindClient = "admin: kind client"
    case kindAll = "admin: kind all"
    case kindAllWithSessions = "admin: kind all with sessions"
    case emergency = "emergency for the key"

    var testDescription: String { rawValue }

    /// The kind of the one entry that it writes.
    var kind: RevocationEntry.Kind {
        switch self {
        case .revokedAccessToken, .kindToken: .token
        case .logoutByAccessToken, .logoutByRefreshToken, .replay, .revokedRefreshToken, .ownSession, .adminSession,
            .kindSession:
            .session
        case .ownPassword, .ownAccount, .passwordSet, .userDisabled, .userDeleted, .kindUser: .user
        case .clientDisabled, .clientDeleted, .kindClient: .client
        case .kindAll, .kindAllWithSessions: .all
        case .emergency: .key
        }
    }

    /// Whose tokens must die; the others' must live.
    var mustDie: Set<RevocationScene.Holder> {
        switch kind {
        case .token, .session: [.victim]
        case .user: [.victim, .userElsewhere]
        case .client: [.victim, .clientElsewhere]
        case .key, .all: Set(RevocationScene.Holder.allCases)
        }
    }

    /// Whether access tokens alone end, so that the victim's refresh token goes on.
    var leavesSession: Bool {
        switch self {
        case .kindAll, .emergency, .kindToken, .revokedAccessToken: true
        default: false
        }
    }

    /// The status with which the server says that it is done.
    var status: Int {
        switch self {
        case .logoutByAccessToken, .logoutByRefreshToken, .ownSession, .ownAccount, .passwordSet, .userDeleted,
            .clientDeleted, .adminSession:
            204
        case .kindToken, .kindSession, .kindUser, .kindClient, .kindAll, .kindAllWithSessions: 201
        case .replay: 400
        case .revokedRefreshToken, .revokedAccessToken, .ownPassword, .userDisabled, .clientDisabled, .emergency: 200
        }
    }

    /// Does it to the scene's victim, and expects ``status``.
    func perform(on scene: RevocationScene) async throws {
        let answer = try await act(on: scene, victim: try scene.token(.victim))
        #expect(answer.status == status, "\(answer.text)")
    }

    private func act(on scene: RevocationScene, victim: String) async throws -> TestResponse {
        let claims = try PollingReader.claims(victim)
        let sid = try #require(claims.sid)
        let password = "seven-loud-herons-at-dusk"
        return switch self {
        case .logoutByAccessToken: try await scene.http.authorised("POST", "/api/v1/logout", bearer: victim)
        case .logoutByRefreshToken:
            try await scene.http.post("/api/v1/logout", json: ["refresh_token": .string(scene.refreshToken)])
        case .replay: try await replay(scene)
        case .revokedRefreshToken: try await revoke(scene.refreshToken, scene)
        case .revokedAccessToken: try await revoke(victim, scene)
        case .ownSession:
            try await scene.http.authorised(
                "DELETE", "/api/v1/sessions/\(sid)", bearer: try await scene.accountToken())
        case .ownPassword:
            try await scene.http.post(
                "/api/v1/password",
                json: ["current_password": .string(TestServer.password), "new_password": .string(password)],
                bearer: try await scene.accountToken())
        case .ownAccount:
            try await scene.http.post(
                "/api/v1/me/delete", json: ["current_password": .string(TestServer.password)],
                bearer: try await scene.accountToken())
        case .passwordSet: try await scene.admin("PUT", "/users/ada/password", "{\"password\":\"\(password)\"}")
        case .userDisabled: try await scene.admin("POST", "/users/ada/disable")
        case .userDeleted: try await scene.admin("DELETE", "/users/ada")
        case .clientDisabled: try await scene.admin("POST", "/clients/spa/disable")
        case .clientDeleted: try await scene.admin("DELETE", "/clients/spa")
        case .adminSession: try await scene.admin("DELETE", "/sessions/\(sid)")
        case .kindToken: try await scene.revoke(["kind": "token", "id": .string(claims.jti)])
        case .kindSession: try await scene.revoke(["kind": "session", "id": .string(sid)])
        case .kindUser: try await scene.revoke(["kind": "user", "id": .string(scene.userID)])
        case .kindClient: try await scene.revoke(["kind": "client", "id": "spa"])
        case .kindAll: try await scene.revoke(["kind": "all"])
        case .kindAllWithSessions: try await scene.revoke(["kind": "all", "sessions": true])
        case .emergency:
            try await scene.admin(
                "POST", "/keys/rotate", "{\"emergency\":true,\"only\":\"\(try PollingReader.keyID(victim))\"}")
        }
    }

    private func revoke(_ token: String, _ scene: RevocationScene) async throws -> TestResponse {
        try await scene.http.post("/oauth2/revoke", form: [("token", token), ("client_id", "spa")])
    }

    /// Two rotations later the first token is old, whatever the time.
    private func replay(_ scene: RevocationScene) async throws -> TestResponse {
        let second = try await scene.refresh(scene.refreshToken)
        _ = try await scene.refresh(try #require(second["refresh_token"], "\(second.text)"))
        return try await scene.refresh(scene.refreshToken)
    }
}
