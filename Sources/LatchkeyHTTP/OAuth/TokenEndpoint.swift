import HTTPTypes
import LatchkeyCore

/// `POST /oauth2/token` (RFC 6749 3.2). Form, client, grant list, grant: in that order.
struct TokenEndpoint: Sendable {
    /// What it answers. Metadata and the API document list `Client.Grant.all`, which a test holds to this.
    let grants: [OfferedGrant]

    var route: Route {
        let rule = ClientForm.Rule(.all, repeatable: OfferedGrant.repeatable) { [grants] form throws(Refusal) in
            _ = try grants.asked(by: form).read(form)
        }
        return Route(
            .post, PublicPath.token, "requestToken", errors: .oauth, query: .tolerant, .client(rule, handle))
    }

    private func handle(_ request: Request, _ context: RequestContext, _ sent: ClientForm) async throws -> Response {
        let asked = try grants.asked(by: sent.form)
        let answer = try asked.read(sent.form)
        guard sent.client.settings.grants.contains(asked.grant) else {
            throw Refusal(.unauthorizedClient, "This client may not use this grant type.")
        }
        return .tokens(try await answer(sent.client, context.network))
    }
}
