import HTTPTypes
import LatchkeyCore
import LatchkeyTokens
import NIOCore

/// `GET` and `POST /oauth2/userinfo` (OpenID Connect Core 5.3): claims about the user of an access token, by the token's
/// scope, as they are now.
struct UserInfoEndpoint: Sendable {
    let users: UserService
    let settings: Settings.Claims

    var routes: [Route] {
        [
            Route(
                .get, PublicPath.userInfo, "getUserInfo", errors: .oauth, query: .tolerant, .userInfo(handle)),
            Route(
                .post, PublicPath.userInfo, "postUserInfo", errors: .oauth, query: .tolerant, .userInfo(handle)),
        ]
    }

    private func handle(
        _ request: Request, _ context: RequestContext, _ caller: UserInfoCaller
    ) async throws -> Response {
        let profile = try await users.profile(of: caller.user)
        let claims = UserClaims.released(to: caller.scope, of: caller.user, profile, settings)
        let bytes = JSONWriter.object(reserving: 512) { json in
            json.member("sub", caller.user.id.description)
            for claim in claims { json.member(claim.name, claim.value) }
        }
        return Response(status: .ok, headers: .secretJSON, body: ByteBuffer(bytes: bytes))
    }
}
