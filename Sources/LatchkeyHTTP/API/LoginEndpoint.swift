import HTTPTypes
package import LatchkeyCore
package import LatchkeyTokens

/// `POST /api/v1/login`: a first-party application sends what its user entered. Client and request are checked
/// completely before the password is looked at.
struct LoginEndpoint: Sendable {
    let sessions: SessionService
    let cookies: PageCookies
    let issuer: String

    var route: Route { Route(.post, PublicPath.login, "logIn", .firstParty(handle)) }

    private func handle(
        _ request: Request, _ context: RequestContext, _ application: FirstPartyRequest
    ) async throws -> Response {
        let body = try LoginBody(application.body)
        let client = try application.client.on(body.transport)
        let page = body.transport == .body ? nil : try ClientPage(signingIn: request, to: client)
        let login = LoginRequest(
            username: body.userName, password: body.password, newPassword: body.newPassword, client: client,
            scope: body.scope, deviceName: body.deviceName, network: context.network,
            sharedNetwork: context.unconfiguredProxy != nil,
            replacingRefreshToken: body.transport == .cookie ? page.flatMap(cookies.refreshToken) : nil,
            replacingSessionToken: body.transport == .session ? page.flatMap(cookies.sessionToken) : nil)
        if let redirect = body.redirect { return try await redirected(login, redirect) }
        guard body.transport == .session else {
            let reply = try await sessions.login(login)
            cookies.send(reply, to: page, context)
            return .tokens(reply)
        }
        let start = try await sessions.loginForServerSession(login)
        cookies.send(start, to: page, context)
        return .session(start.session)
    }

    /// The sign-in continues at the application's host, where the session gets its cookie.
    private func redirected(_ login: LoginRequest, _ redirect: LoginBody.Redirect) async throws -> Response {
        let code = try await sessions.loginForRedirect(
            LoginCodeRequest(login: login, redirectURI: redirect.uri, state: redirect.state))
        let location = URLQuery.appended(
            to: redirect.uri, [("code", code.text), ("state", redirect.state), ("iss", issuer)])
        var response = Response.json(JSONWriter.object { $0.member("redirect_to", location) })
        response.headers[.cacheControl] = "no-store"
        return response
    }
}

/// The members of a login, as far as they can be checked without knowing client or user.
package struct LoginBody: Sendable {
    /// In bytes of UTF-8; a longer name belongs to no user and is not looked up.
    package static let longestUserName = 1024
    /// In bytes; ours have 43.
    package static let longestState = 128

    package let userName: String
    package let password: Password
    package let newPassword: Password?
    package let scope: Scope?
    package let transport: Session.Transport
    package let deviceName: String?
    /// With transport session, when the session is to begin on another host.
    package let redirect: Redirect?

    /// Where a sign-in continues, and the state that it was begun with.
    package struct Redirect: Sendable, Equatable {
        package let uri: String
        package let state: String
    }

    /// - Throws: `Refusal` `invalid_request`, `invalid_scope`.
    package init(_ body: JSONBody) throws(Refusal) {
        userName = try body.requiredString("username")
        guard userName.utf8.count <= Self.longestUserName else {
            throw Refusal(.invalidRequest, "The member username is longer than \(Self.longestUserName) bytes.")
        }
        password = Password(try body.requiredString("password"))
        newPassword = try body.text("new_password").map(Password.init)
        scope = try Scope(parameter: body.text("scope"))
        transport = try Self.transport(body)
        deviceName = try body.text("device_name").map { text throws(Refusal) in try DeviceName.judged(text) }
        redirect = try Self.redirect(body, transport)
    }

    private static func redirect(_ body: JSONBody, _ transport: Session.Transport) throws(Refusal) -> Redirect? {
        let (uri, state) = (try body.text("redirect_uri"), try body.text("state"))
        guard uri != nil || state != nil else { return nil }
        guard transport == .session, let uri, let state else {
            throw Refusal(.invalidRequest, "The members redirect_uri and state go together, with transport session.")
        }
        guard state.utf8.count <= longestState, state.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Refusal(
                .invalidRequest, "The member state must have at most \(longestState) visible ASCII characters.")
        }
        return Redirect(uri: uri, state: state)
    }

    private static func transport(_ body: JSONBody) throws(Refusal) -> Session.Transport {
        guard let text = try body.text("transport") else { return .body }
        guard let transport = Session.Transport(rawValue: text), transport != .browser else {
            throw Refusal(.invalidRequest, "The member transport must be body, cookie or session.")
        }
        return transport
    }
}
