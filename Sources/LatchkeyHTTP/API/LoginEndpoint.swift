import Hummingbird
package import LatchkeyCore
package import LatchkeyTokens

/// `POST /api/v1/login`: a first-party application sends what its user typed. Everything about client and request is
/// settled before the password is looked at.
struct LoginEndpoint: Sendable {
    private let services: Services
    private let gate: ClientGate
    private let cookie: RefreshCookie

    init(services: Services, cookie: RefreshCookie) {
        self.services = services
        self.cookie = cookie
        gate = ClientGate(services)
    }

    var route: Route {
        Route(.post, "/api/v1/login", errors: .problem, access: .anyone, operation: "logIn", handler: handle)
    }

    private func handle(_ request: Request, _ context: RequestContext) async throws -> Response {
        let json = try await JSONBody.read(request)
        let presented = try ClientAuthentication(request.headers, json: json)
        let client = try await gate.authenticate(presented, context)
        guard client.firstParty else {
            throw Refusal(.unauthorizedClient, "This client may not collect passwords: it is not marked first_party.")
        }
        let body = try LoginBody(json)
        if body.transport == .cookie { try checkBrowser(request, client) }
        let reply = try await services.sessions.login(
            LoginRequest(
                username: body.userName, password: body.password, newPassword: body.newPassword, client: client,
                scope: body.scope, transport: body.transport, deviceName: body.deviceName, network: context.network,
                sharedNetwork: context.unconfiguredProxy != nil,
                replacingRefreshToken: body.transport == .cookie
                    ? cookie.token(in: request.headers, for: client.id) : nil))
        cookie.send(reply, for: client, context)
        return .tokens(reply)
    }

    private func checkBrowser(_ request: Request, _ client: Client) throws(Refusal) {
        guard client.allowsCookieTransport else {
            throw Refusal(
                .unauthorizedClient, "Cookie transport is for public clients with at least one registered origin.")
        }
        try CSRFCheck.refuseCrossSite(request.headers)
        try CSRFCheck.pass(request.headers, origins: client.origins)
    }
}

extension RefreshCookie {
    /// Sends the refresh token of a cookie session; without a new token the browser keeps the cookie that it has.
    func send(_ reply: TokenReply, for client: Client, _ context: RequestContext) {
        guard reply.transport == .cookie, let token = reply.refreshToken else { return }
        context.browser.setCookie(line(token, for: client.id, lifetime: reply.refreshExpiresIn ?? 0))
    }
}

extension JSONBody {
    /// The JSON object of a request.
    /// - Throws: `Refusal` `unsupported_media_type`, `invalid_request`, `payload_too_large`.
    static func read(_ request: Request, mayBeEmpty: Bool = false) async throws -> JSONBody {
        let buffer = try await request.body.collect(upTo: TransportLimits().maxBodyBytes)
        return try JSONBody(buffer, fields: request.headers, mayBeEmpty: mayBeEmpty)
    }
}

/// The members of a login, judged: what can be said without knowing client or user.
package struct LoginBody: Sendable {
    /// In bytes of UTF-8; longer ones name nobody and are not worth a look.
    package static let longestUserName = 1024
    /// In code points.
    package static let longestDeviceName = 64

    package let userName: String
    package let password: Password
    package let newPassword: Password?
    package let scope: Scope?
    package let transport: Session.Transport
    package let deviceName: String?

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
        deviceName = try Self.deviceName(body)
    }

    private static func transport(_ body: JSONBody) throws(Refusal) -> Session.Transport {
        guard let text = try body.text("transport") else { return .body }
        guard let transport = Session.Transport(rawValue: text) else {
            throw Refusal(.invalidRequest, "The member transport must be body or cookie.")
        }
        return transport
    }

    private static func deviceName(_ body: JSONBody) throws(Refusal) -> String? {
        guard let name = try body.text("device_name") else { return nil }
        let isShown = { (scalar: Unicode.Scalar) in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: false
            default: !scalar.properties.isBidiControl
            }
        }
        guard name.unicodeScalars.count <= longestDeviceName, name.unicodeScalars.allSatisfy(isShown) else {
            throw Refusal(
                .invalidRequest,
                "The member device_name must have at most \(longestDeviceName) characters, none of them a control.")
        }
        return name
    }
}
