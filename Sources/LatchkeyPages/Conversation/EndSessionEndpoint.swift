import HTTPTypes
import LatchkeyCore
import LatchkeyHTTP
import LatchkeyTokens
import NIOCore

/// `GET /oauth2/logout` (OpenID Connect RP-Initiated Logout 1.0): where clients send people to sign out.
///
/// | `POST` | then |
/// | --- | --- |
/// | without `decision` | it is a client's, and goes on as a `GET`: a form of another site brings no Lax cookie |
/// | with `decision` | it is the answer to our question: it must come from our page |
struct EndSessionEndpoint: Sendable {
    let pages: PageServices

    var routes: [Route] {
        [
            Route(.get, PagePath.logout, "endSession", errors: .page, query: .unread, answersHead: false, .open(get)),
            Route(.post, PagePath.logout, "endSessionByForm", errors: .page, query: .unread, .open(post)),
        ]
    }

    private func get(_ request: Request, _ context: RequestContext) async throws -> Response {
        let ending = Ending(pages: pages, request: request, context: context, isForm: false)
        return try await ending.answer((request.query ?? "").utf8) { asked, visitor in
            try await pages.logouts.open(asked, visitor.visit)
        }
    }

    private func post(_ request: Request, _ context: RequestContext) async throws -> Response {
        try FormBody.check(request)
        let body = request.body.readableBytesView
        let ending = Ending(pages: pages, request: request, context: context, isForm: true)
        let form = try PageForm(body)
        guard let decision = form["decision"] else {
            do {
                let sent = try AuthorizationParameters(body, longest: Ending.longest)
                return try Delivery(pages: pages).onward(to: PagePath.logout, sent, ending.conversation.setting([]))
            } catch {
                return ending.conversation.show(error)
            }
        }
        try pages.origin.check(request.headers)
        guard ["continue", "deny"].containsBytes(of: decision) else {
            throw Refusal(.invalidRequest, "The form has no decision that is known here.")
        }
        return try await ending.answer(body) { asked, visitor in
            try await pages.logouts.submit(
                signsOut: decision.equalsBytes(of: "continue"), seal: form["seal"], for: asked, visitor.visit)
        }
    }
}

/// One request to sign out, and how it is answered.
private struct Ending {
    let pages: PageServices
    let request: Request
    let context: RequestContext
    /// Whether the request is a form of ours.
    let isForm: Bool

    var conversation: PageConversation { PageConversation(pages: pages, request, context, isForm: isForm) }

    /// Names and values together, in bytes: an ID token and a `state`, each as long as it may be.
    static let longest = 7168

    func answer(
        _ encoded: some Collection<UInt8>, _ work: (LogoutRequest, Visitor) async throws -> LogoutAnswer
    ) async throws -> Response {
        let sent: AuthorizationParameters
        do {
            sent = try AuthorizationParameters(encoded, longest: Self.longest)
        } catch {
            return conversation.show(error)
        }
        let asked = try await pages.logoutReader.read(sent)
        let visitor = Visitor(request, context, pages)
        return show(try await work(asked, visitor), to: asked, sent, visitor)
    }

    private func show(
        _ answer: LogoutAnswer, to asked: LogoutRequest, _ sent: AuthorizationParameters, _ visitor: Visitor
    ) -> Response {
        let setting = setting(asked.uiLocales)
        let client = asked.client.map { ShownClient($0, redirectURI: nil) }
        switch answer {
        case .ask(let user, let seal, let again):
            let trouble: FormTrouble? = again ? (visitor.keepsCookies ? .expired : .noCookie) : nil
            return pages.renderer.response(
                LogoutQuestionPage(
                    username: user.name, client: client, trouble: trouble,
                    fields: PageConversation.fields(sent, seal)),
                setting, status: again ? .unprocessableContent : .ok)
        case .signedOut(let mayReturn):
            forget(visitor)
            if mayReturn, let uri = asked.returnURI, let client {
                let location = asked.state.map { URLQuery.appended(to: uri, [("state", $0)]) } ?? uri
                return Delivery(pages: pages).response(location: location, to: client, afterForm: isForm, setting)
            }
            return pages.renderer.response(
                SignedOutPage(serverName: pages.renderer.branding.name, client: client),
                // Done: the page in another language asks for nothing again, and carries no token.
                PageSetting(setting.wording.language, path: PagePath.logout, query: nil), status: .ok)
        case .stays:
            guard let client else { return .seeOther(PagePath.ownAccount) }
            return pages.renderer.response(SignedInAlreadyPage(client: client, isAgain: false), setting, status: .ok)
        }
    }

    /// Forms that this browser has open, and the session of its cookie, are over.
    private func forget(_ visitor: Visitor) {
        if visitor.visit.token != nil { context.browser.setCookie(pages.cookies.clearing) }
        if visitor.keepsCookies {
            context.browser.setCookie(pages.cookies.stepLine(SignInCookies.newStep()))
        }
    }

    private func setting(_ locales: [String]) -> PageSetting {
        let language = conversation.setting(locales).wording.language
        return isForm ? PageSetting(language) : PageSetting(language, path: PagePath.logout, query: request.query)
    }
}
