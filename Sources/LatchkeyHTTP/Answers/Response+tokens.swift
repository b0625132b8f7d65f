import HTTPTypes
import LatchkeyCore
import LatchkeyTokens
import NIOCore

extension Response {
    /// A token response (RFC 6749 5.1). The refresh token of a cookie session is never in it (RFC 10017).
    static func tokens(_ reply: TokenReply) -> Response {
        let bytes = JSONWriter.object(reserving: reply.accessToken.count + 384) { json in
            // A compact JWS consists of base64url and dots: nothing to escape.
            json.member("access_token", plain: reply.accessToken)
            json.member("token_type", "Bearer")
            json.member("expires_in", reply.expiresIn)
            json.member("scope", reply.scope)
            // RFC 6749 3.3 requires the response to name the granted scope. This scope was granted too, and must not be
            // dropped silently.
            if !reply.separateScope.isEmpty { json.member("latchkey_separate_scope", reply.separateScope.description) }
            if reply.transport != .cookie, let token = reply.refreshToken { json.member("refresh_token", token.text) }
            if reply.refreshToken != nil || reply.transport == .cookie, let seconds = reply.refreshExpiresIn {
                // draft-ietf-oauth-refresh-token-expiration: how long the refresh token may be kept unused.
                json.member("refresh_token_timeout", seconds)
            }
            if let token = reply.idToken { json.member("id_token", plain: token) }
            if let session = reply.session { json.member("sid", session) }
        }
        return Response(status: .ok, headers: .secretJSON, body: ByteBuffer(bytes: bytes))
    }
}

extension HTTPFields {
    /// For JSON that contains a token or describes one (RFC 6749 5.1).
    static let secretJSON: HTTPFields = [
        .contentType: "application/json", .cacheControl: "no-store", .pragma: "no-cache",
    ]
}

extension HTTPField.Name {
    /// For HTTP/1.0 caches; RFC 6749 5.1 still requires it.
    static let pragma = HTTPField.Name("Pragma") ?? .server
}
