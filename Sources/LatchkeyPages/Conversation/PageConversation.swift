import HTTPTypes
import LatchkeyCore
import LatchkeyHTTP
import LatchkeyTokens

/// One request to a page of a sign-in, and how it is answered.
struct PageConversation: Sendable {
    let pages: PageServices
    let request: Request
    let context: RequestContext
    /// Whether the request is a form of ours.
    let isForm: Bool

    init(pages: PageServices, _ request: Request, _ context: RequestContext, isForm: Bool) {
        self.pages = pages
        self.request = request
        self.context = context
        self.isForm = isForm
    }

    /// Reads the authorization request, and answers it unless it ends there.
    func answer(
        parameters: () throws -> AuthorizationParameters,
        then work: (AuthorizationParameters, AuthorizationRequest) async throws -> Response
    ) async throws -> Response {
        let sent: AuthorizationParameters
        let asked: AuthorizationRequest
        do {
            sent = try parameters()
            asked = try await pages.reader.read(sent)
        } catch let failure as AuthorizationFailure {
            return show(failure)
        }
        return try await work(sent, asked)
    }

    // MARK: Failures of the request

    func show(_ failure: AuthorizationFailure) -> Response {
        switch failure {
        case .page(let problem):
            return pages.renderer.response(
                ErrorPage(problem.cause, requestID: "\(context.requestID)", detail: problem.detail),
                PageSetting(language([])),
                status: problem == .tooLarge ? .contentTooLarge : .badRequest)
        case .redirect(let answer):
            let client = ShownClient(
                name: RedirectHost.text(answer.redirectURI) ?? "", host: nil, isFirstParty: true)
            return Delivery(pages: pages).response(answer, to: client, afterForm: isForm, setting([]))
        }
    }

    // MARK: Answers of the sign-in

    func show(
        _ answer: SignInAnswer, to asked: AuthorizationRequest, _ sent: AuthorizationParameters,
        keepsCookies: Bool = true, userName: String? = nil
    ) async throws -> Response {
        let setting = setting(asked.uiLocales)
        let client = shown(asked)
        switch answer {
        case .show(let step, let user, let seal):
            return try await form(step, user, seal, asked, sent, userName: userName, setting)
        case .again(let step, let user, let seal):
            return try await form(
                step, user, seal, asked, sent, userName: userName, trouble: keepsCookies ? .expired : .noCookie,
                status: .unprocessableContent, setting)
        case .code(let code, let cookie):
            if let cookie { context.browser.setCookie(pages.cookies.line(cookie)) }
            return deliver(.code(code.text), asked)
        case .ownPage(let cookie):
            if let cookie { context.browser.setCookie(pages.cookies.line(cookie)) }
            // Of the same origin, so that `form-action` lets it pass after a form.
            return .seeOther(asked.ownPage ?? PagePath.ownAccount)
        case .refused(let refusal): return deliver(.error(refusal.error), asked)
        case .signedIn: return pages.renderer.response(SignedInAlreadyPage(client: client), setting, status: .ok)
        }
    }

    func deliver(_ outcome: AuthorizationAnswer.Outcome, _ asked: AuthorizationRequest) -> Response {
        let setting = setting(asked.uiLocales)
        // Nothing of the protocol goes to a page of our own.
        guard asked.ownPage == nil else {
            return pages.renderer.response(StartAgainPage(.openedDirectly), setting, status: .ok)
        }
        return Delivery(pages: pages).response(
            AuthorizationAnswer(to: asked, outcome, issuer: pages.settings.issuer), to: shown(asked),
            afterForm: isForm, setting)
    }

    /// Who asks: a client, or the server itself.
    func shown(_ asked: AuthorizationRequest) -> ShownClient {
        asked.ownPage == nil
            ? ShownClient(asked)
            : ShownClient(name: pages.renderer.branding.name, host: nil, isFirstParty: true)
    }

    /// - Parameter trouble: why the form comes back.
    func form(
        _ step: SignInStep, _ user: User?, _ seal: String, _ asked: AuthorizationRequest,
        _ sent: AuthorizationParameters, userName: String? = nil, trouble: FormTrouble? = nil,
        status: HTTPResponse.Status = .ok, extra: HTTPFields = [:], _ setting: PageSetting
    ) async throws -> Response {
        let fields = Self.fields(sent, seal)
        let client = shown(asked)
        let name = user?.name ?? ""
        let show = { (page: any Page) in pages.renderer.shown(page, setting, status: status, extra: extra) }
        switch step {
        case .account:
            return show(AccountChoicePage(client: client, username: name, trouble: trouble, fields: fields))
        case .password(let required):
            let typed = userName ?? (required == nil ? asked.loginHint : user?.name) ?? ""
            return show(
                SignInPage(
                    client: client, username: typed, trouble: trouble.map { .form($0) },
                    takesAddress: pages.settings.users.emailSignIn, fields: fields))
        case .newPassword:
            return show(
                NewPasswordPage(
                    client: client, username: name, minimumLength: pages.settings.password.minimumLength,
                    trouble: trouble.map { .form($0) }, fields: fields))
        case .consent:
            let profile = if let user { try await pages.accounts.profile(of: user.id) } else { Profile?.none }
            return show(
                ConsentPage(
                    client: client, registered: asked.client.createdAt,
                    policyLink: asked.client.policyURI.flatMap { Link(web: $0) },
                    termsLink: asked.client.termsURI.flatMap { Link(web: $0) },
                    scopes: Self.scopes(asked, user).map { pages.request($0, profile, setting) }, username: name,
                    trouble: trouble,
                    fields: fields))
        case .confirm:
            return show(ConfirmAppPage(client: client, username: name, trouble: trouble, fields: fields))
        case .done, .refused: preconditionFailure("not a page")
        }
    }

    /// What the user can give: not what only administrators have.
    private static func scopes(_ asked: AuthorizationRequest, _ user: User?) -> [String] {
        guard let user else { return asked.scope.tokens }
        return asked.client.scopeStillHeld(asked.scope, by: user).tokens
    }

    static func fields(_ sent: AuthorizationParameters, _ seal: String) -> [HiddenField] {
        sent.fields.map { HiddenField($0.name, $0.value) } + [HiddenField("seal", seal)]
    }

    /// With links to the same page in other languages, which ask the same again.
    func setting(_ locales: [String]) -> PageSetting {
        let language = language(locales)
        return isForm ? PageSetting(language) : PageSetting(language, path: PagePath.authorize, query: request.query)
    }
}

extension PageConversation {
    private func language(_ locales: [String]) -> Language {
        Language.chosen(
            request: locales, acceptLanguage: request.headers[values: .acceptLanguage], standard: pages.language)
    }
}

extension PageRenderer {
    /// As ``response(_:_:status:extra:)``, for a page whose kind is only known at run time.
    func shown(
        _ page: any Page, _ setting: PageSetting, status: HTTPResponse.Status, extra: HTTPFields
    ) -> Response {
        func open(_ page: some Page) -> Response { response(page, setting, status: status, extra: extra) }
        return open(page)
    }
}

extension AuthorizationFailure.Problem {
    var cause: ErrorPage.Cause {
        switch self {
        case .tooLarge: .tooLarge
        case .malformed: .request
        case .noClient, .unknownClient: .unknownClient
        case .clientNotAllowed: .notAllowed
        case .noRedirectURI, .unknownRedirectURI: .redirectURI
        }
    }

    /// What the developer of the application puts right.
    var detail: String {
        switch self {
        case .tooLarge: "An authorization request has at most 4 KiB and 64 parameters, and a state of at most 2 KiB."
        case .malformed: "A parameter is there twice or is unknown, or its escapes are broken."
        case .noClient: "The parameter client_id is missing."
        case .unknownClient: "No client has this client_id, or the client is disabled."
        case .clientNotAllowed: "The client lacks the grant authorization_code."
        case .noRedirectURI: "The parameter redirect_uri is missing."
        case .unknownRedirectURI:
            "The redirect_uri must be one that the client was registered with, to the byte: scheme, host, port, path "
                + "and a slash at the end all count. localhost and 127.0.0.1 are different hosts."
        }
    }
}
