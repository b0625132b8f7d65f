import HTTPTypes
package import LatchkeyCore
import LatchkeyTokens

/// Sessions without JWT, by the browser's cookies: forwarded by a backend or a proxy, or at the start of one.
final class SessionGate: Sendable {
    private let sessions: SessionService
    private let cookie: SessionCookie
    private let issuer: String
    private let masterKeys: MasterKeyRing
    private let clock: Clock

    init(
        sessions: SessionService, cookie: SessionCookie, issuer: String, masterKeys: MasterKeyRing, clock: Clock
    ) {
        self.sessions = sessions
        self.cookie = cookie
        self.issuer = issuer
        self.masterKeys = masterKeys
        self.clock = clock
    }

    /// The live session of the cookie; the call counts as a use of it.
    /// - Throws: `Refusal` `bearer_missing`.
    func session(_ request: Request) async throws -> ServerSession {
        guard let token = cookie.token(in: request.headers),
            let session = try await sessions.use(sessionToken: token)
        else { throw Self.noSession }
        return session
    }

    static let noSession = Refusal(.bearerMissing, "There is no live session in the cookie: sign in.")

    /// A sign-in on another host that comes back to the browser that began it.
    /// - Throws: `Refusal` `csrf_rejected`, `invalid_request`.
    func begunSignIn(_ request: Request) throws(Refusal) -> BegunSignIn {
        let query = request.parameters
        let state = try query.required("state")
        let code = try query.required("code")
        guard query["iss"]?.equalsBytes(of: issuer) ?? true else {
            throw Refusal(.invalidRequest, "The response comes from another issuer.")
        }
        guard let sealed = cookie.ticket(in: request.headers),
            let ticket = StartTicket(sealed, keys: masterKeys, now: clock.now()), ticket.hasState(state)
        else {
            throw Refusal(
                .csrfRejected, "This sign-in was not started in this browser, or too long ago: start it again.")
        }
        return BegunSignIn(ticket: ticket, code: code)
    }

    /// The credential of the original request, unchecked: it is judged together with the proxy's demands. If there is a
    /// bearer token, it alone decides, even a bad one; other schemes are left to the upstream.
    func forwarded(_ request: Request) -> ForwardedCredential? {
        do {
            if let token = try BearerToken(request.headers) { return .bearer(token.text) }
        } catch {
            // Two headers, or characters that no token has: certainly not a valid credential.
            return .bearer("")
        }
        return cookie.token(in: request.headers).map(ForwardedCredential.session)
    }
}

/// A sign-in on another host, whose ticket this browser holds.
package struct BegunSignIn: Sendable {
    package let ticket: StartTicket
    /// The code from the login page, unchecked.
    package let code: String
}
