import HTTPTypes
package import LatchkeyCore
import LatchkeyTokens

/// Sessions without JWT, by the browser's cookies: passed on by a backend or a proxy, or on the way to one.
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

    /// A sign-in on another host that comes back to the browser where it was begun.
    /// - Throws: `Refusal` `csrf_rejected`, `invalid_request`.
    func begunSignIn(_ request: Request) throws(Refusal) -> BegunSignIn {
        let query = request.parameters
        let state = try query.required("state")
        let code = try query.required("code")
        guard query["iss"]?.equalsBytes(of: issuer) ?? true else {
            throw Refusal(.invalidRequest, "The answer is of another issuer.")
        }
        guard let sealed = cookie.ticket(in: request.headers),
            let ticket = StartTicket(sealed, keys: masterKeys, now: clock.now()), ticket.hasState(state)
        else {
            throw Refusal(
                .csrfRejected, "This sign-in was not begun in this browser, or too long ago: start it again.")
        }
        return BegunSignIn(ticket: ticket, code: code)
    }

    /// What the original request showed, unchecked: it is judged together with what the proxy asks for. A bearer token
    /// decides alone where there is one, even a bad one; other schemes are the upstream's business.
    func forwarded(_ request: Request) -> ForwardedCredential? {
        do {
            if let token = try BearerToken(request.headers) { return .bearer(token.text) }
        } catch {
            // Two headers, or characters that no token has: a credential that is certainly not good.
            return .bearer("")
        }
        return cookie.token(in: request.headers).map(ForwardedCredential.session)
    }
}

/// A sign-in on another host, of which this browser holds the ticket.
package struct BegunSignIn: Sendable {
    package let ticket: StartTicket
    /// What the login page sent back, unchecked.
    package let code: String
}
