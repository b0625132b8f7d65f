import HTTPTypes
import LatchkeyCore

/// `POST /oauth2/revoke` (RFC 7009): a client gives back a token of its own. Durable when it answers; 200 for anything
/// that is not the caller's to revoke, so that the response does not reveal which tokens exist.
struct RevocationEndpoint: Sendable {
    let revocations: RevocationLog

    var route: Route {
        Route(
            .post, PublicPath.revoke, "revokeToken", errors: .oauth, query: .tolerant, .client(.all, handle))
    }

    private func handle(_ request: Request, _ context: RequestContext, _ asked: ClientForm) async throws -> Response {
        // `token_type_hint` is only a hint; the form of a token shows what it is.
        try await revocations.revokePresented(try asked.form.required("token"), caller: asked.client)
        return Response(status: .ok, headers: [.cacheControl: "no-store", .pragma: "no-cache"])
    }
}
