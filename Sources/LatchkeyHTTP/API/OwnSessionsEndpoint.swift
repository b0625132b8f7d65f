import HTTPTypes
import LatchkeyCore
import LatchkeyTokens

/// `/api/v1/sessions`: users see, name and end their own sign-ins, and no others.
struct OwnSessionsEndpoint: Sendable {
    let sessions: SessionService
    let clock: Clock
    let cookies: PageCookies

    var routes: [Route] {
        [
            Route(.get, PublicPath.ownSessions, "listOwnSessions", .account(list)),
            Route(.patch, PublicPath.ownSession, "renameOwnSession", .account(rename)),
            Route(.delete, PublicPath.ownSession, "endOwnSession", .account(end)),
            Route(.post, PublicPath.revokeOthers, "endOtherSessions", .account(endOthers)),
        ]
    }

    private func list(_ request: Request, _ context: RequestContext, _ caller: SessionRecord) async throws -> Response {
        let page = try await sessions.own(of: caller.user.id, page: try ListQuery(request).page())
        let asker = asker(caller, context)
        return try .resource(page.resource { resource($0, to: asker) })
    }

    private func rename(
        _ request: Request, _ context: RequestContext, _ caller: SessionRecord
    ) async throws -> Response {
        let body = try JSONBody(request)
        try body.members(only: ["device_name"])
        let name = try deviceName(body)
        guard let record = try await sessions.rename(try context.sessionID(), of: caller.user.id, to: name) else {
            throw Refusal(.notFound, "You have no live session with this id.")
        }
        return try .resource(resource(record, to: asker(caller, context)))
    }

    /// As at login, but explicit: `null` removes the name, and an empty string is a mistake.
    private func deviceName(_ body: JSONBody) throws(Refusal) -> String? {
        if body.isNull("device_name") { return nil }
        guard let text = try body.text("device_name") else {
            throw Refusal(.invalidRequest, "The member device_name must be a non-empty string, or null for none.")
        }
        return try DeviceName.judged(text)
    }

    private func end(_ request: Request, _ context: RequestContext, _ caller: SessionRecord) async throws -> Response {
        let ended = try await sessions.endOwn(try context.sessionID(), of: caller.user.id)
        cookies.forget(ended.session.id, of: ended.session.client, request, context)
        return .noContent
    }

    private func endOthers(
        _ request: Request, _ context: RequestContext, _ caller: SessionRecord
    ) async throws -> Response {
        let ended = try await sessions.revokeOthers(user: caller.user.id, keeping: caller.session.id)
        return .json(JSONWriter.object { $0.member("revoked", ended) })
    }

    private func asker(_ caller: SessionRecord, _ context: RequestContext) -> OwnSession.Asker {
        OwnSession.Asker(session: caller.session.id, network: context.network, now: clock.now())
    }

    private func resource(_ record: SessionRecord, to asker: OwnSession.Asker) -> OwnSession {
        OwnSession(record, idleLifetime: sessions.idleLifetime(of: record.client), to: asker)
    }
}
