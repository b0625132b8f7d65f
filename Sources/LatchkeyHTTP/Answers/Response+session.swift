import HTTPTypes
import LatchkeyCore
import LatchkeyTokens
import NIOCore

extension Response {
    /// A server session, for its application.
    static func session(_ session: ServerSession) -> Response {
        let record = session.record
        let bytes = JSONWriter.object { json in
            json.member("sid", record.session.id.description)
            json.member("sub", record.user.id.description)
            json.member("client_id", record.client.id.description)
            json.member("scope", session.scope.description)
            json.member("roles", record.user.roles)
            json.member("auth_time", record.session.authenticatedAt.seconds)
            json.member("amr", record.session.authenticationMethods)
            json.member("expires_at", record.session.expiresAt.seconds)
            json.member("idle_expires_at", session.idleExpiresAt.seconds)
        }
        return Response(
            status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
            body: ByteBuffer(bytes: bytes))
    }
}
