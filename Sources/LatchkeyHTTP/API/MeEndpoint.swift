import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `GET /api/v1/me`: describes any live token of ours to its holder.
struct MeEndpoint: Sendable {
    var route: Route { Route(.get, PublicPath.me, "getMe", .bearer(handle)) }

    private func handle(
        _ request: Request, _ context: RequestContext, _ caller: AuthorisedCaller
    ) async throws -> Response {
        .json(Self.encode(caller.token.claims, caller.record))
    }

    private static func encode(_ claims: AccessTokenClaims, _ record: SessionRecord?) -> [UInt8] {
        JSONWriter.object { json in
            json.member("sub", claims.subject)
            json.member("client_id", claims.clientID.description)
            json.member("scope", claims.scope.description)
            if let record {
                json.member("sid", record.session.id.description)
                // What an application of somebody else learns, its user has allowed.
                if record.mayTellName(to: claims.scope) { json.member("user_name", record.user.name) }
            }
            // The current values, not those when the token was signed.
            let roles = record?.user.roles ?? claims.roles
            json.member("roles", roles)
            json.member("exp", claims.expiresAt.seconds)
        }
    }
}

extension SessionRecord {
    /// Whether a token of this scope may learn the user name. Where the application asked for the password itself, it
    /// knows the name.
    fileprivate func mayTellName(to scope: Scope) -> Bool {
        session.beginning == .direct || scope.contains("profile") || scope.contains(Scope.latchkeyAccount)
            || scope.contains(Scope.latchkeyAdmin)
    }
}
