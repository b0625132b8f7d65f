import HTTPTypes
import LatchkeyCore
import LatchkeyHTTP
import LatchkeyTokens
import NIOCore

/// The forms of a sign-in: `POST /signin/…`. Before anything is judged, a form must come from one of our pages and carry
/// the seal of this browser; the authorization request that it carries is checked as when it arrived.
struct SignInForms: Sendable {
    let pages: PageServices

    enum Kind: String, CaseIterable {
        case password, newPassword, account, consent, confirm

        var path: String {
            switch self {
            case .password: PagePath.password
            case .newPassword: PagePath.newPassword
            case .account: PagePath.account
            case .consent: PagePath.consent
            case .confirm: PagePath.confirm
            }
        }
    }

    var routes: [Route] {
        Kind.allCases.flatMap { kind in
            [
                Route(
                    .post, kind.path, "signIn_\(kind.rawValue)", errors: .page, query: .unread,
                    .open { try await post(kind, $0, $1) }),
                // A form's address that was copied, or opened from the history.
                Route(
                    .get, kind.path, "openSignIn_\(kind.rawValue)", errors: .page, query: .unread,
                    .open { request, context in startAgain(request, context) }),
            ]
        }
    }

    private func startAgain(_ request: Request, _ context: RequestContext) -> Response {
        let conversation = PageConversation(pages: pages, request, context, isForm: true)
        return pages.renderer.response(StartAgainPage(.openedDirectly), conversation.setting([]), status: .ok)
    }

    private func post(_ kind: Kind, _ request: Request, _ context: RequestContext) async throws -> Response {
        try pages.origin.check(request.headers)
        try FormBody.check(request)
        let form = try PageForm(request.body.readableBytesView)
        let conversation = PageConversation(pages: pages, request, context, isForm: true)
        return try await conversation.answer {
            try AuthorizationParameters(request.body.readableBytesView)
        } then: {
            sent, asked in
            let visitor = Visitor(request, context, pages)
            let act: SignInAct
            switch try Self.act(kind, form) {
            case .act(let asked): act = asked
            case .missing(let trouble):
                return trouble(form, asked, sent, conversation)
            }
            do {
                let answer = try await pages.signIns.submit(
                    act, seal: form["seal"], for: asked, digest: sent.digest, visitor.visit)
                return try await conversation.show(
                    answer, to: asked, sent, keepsCookies: visitor.keepsCookies, userName: form["username"])
            } catch let refusal as Refusal {
                guard let response = conversation.again(refusal, of: kind, form, asked, sent) else {
                    throw refusal
                }
                return response
            }
        }
    }

    private enum Reading {
        case act(SignInAct)
        /// Something was not filled in.
        case missing((PageForm, AuthorizationRequest, AuthorizationParameters, PageConversation) -> Response)
    }

    private static func act(_ kind: Kind, _ form: PageForm) throws(Refusal) -> Reading {
        let decision = form["decision"]
        switch kind {
        case .password:
            let name = form["username"]
            let password = form["password"]
            guard let name, let password, name.utf8.count <= LoginBody.longestUserName else {
                return .missing { form, asked, sent, conversation in
                    conversation.missing(name: name == nil, password: password == nil, form, asked, sent)
                }
            }
            return .act(.password(userName: name, Password(password), staysSignedIn: form["stay"] != nil))
        case .newPassword:
            guard let new = form["new_password"] else {
                return .missing { form, asked, sent, conversation in
                    conversation.newPasswordMissing(form, asked, sent)
                }
            }
            return .act(.newPassword(Password(new)))
        case .account:
            switch decision {
            case "continue"?: return .act(.choose(.current))
            case "another"?: return .act(.choose(.another))
            default: throw Self.undecided
            }
        case .consent:
            switch decision {
            case "allow"?: return .act(.allow)
            case "another"?: return .act(.choose(.another))
            case "deny"?: return .act(.deny)
            default: throw Self.undecided
            }
        case .confirm:
            switch decision {
            case "continue"?: return .act(.confirm)
            case "another"?: return .act(.choose(.another))
            case "deny"?: return .act(.deny)
            default: throw Self.undecided
            }
        }
    }

    private static let undecided = Refusal(.invalidRequest, "The form has no decision that is known here.")
}

/// The fields of our own forms.
struct PageForm: Sendable {
    private let values: RequestParameters

    /// - Throws: `Refusal` `invalid_request`.
    init(_ body: some Collection<UInt8>) throws(Refusal) {
        guard body.count <= AuthorizationParameters.longestForm else {
            throw Refusal(.payloadTooLarge, "The form is too large.")
        }
        values = try RequestParameters(
            body, repeatable: ["resource"],
            most: AuthorizationParameters.most + AuthorizationParameters.formFields.count)
    }

    subscript(_ name: String) -> String? { values[name] }
}

/// Forms that come back because of what was typed.
extension PageConversation {
    func missing(
        name: Bool, password: Bool, _ form: PageForm, _ asked: AuthorizationRequest, _ sent: AuthorizationParameters
    ) -> Response {
        signIn(.missing(name: name, password: password), form, asked, sent, .unprocessableContent)
    }

    func newPasswordMissing(
        _ form: PageForm, _ asked: AuthorizationRequest, _ sent: AuthorizationParameters
    ) -> Response {
        newPassword(.missing, form, asked, sent, .unprocessableContent)
    }

    /// The form again, with what the refusal means to the person; nil for a refusal that has a page of its own.
    func again(
        _ refusal: Refusal, of kind: SignInForms.Kind, _ form: PageForm, _ asked: AuthorizationRequest,
        _ sent: AuthorizationParameters
    ) -> Response? {
        let wait = refusal.retryAfter.map { Int(max(1, $0.secondsRoundedUp)) }
        let extra: HTTPFields = wait.map { [.retryAfter: String($0)] } ?? [:]
        switch refusal.code {
        case .invalidCredentials:
            // On a later page nothing was typed wrong: what was proven before does not hold any more.
            return signIn(kind == .password ? .wrong : .form(.expired), form, asked, sent, .unprocessableContent)
        case .tooManyAttempts:
            return signIn(.form(.tooManyAttempts(wait ?? 60)), form, asked, sent, .tooManyRequests, extra)
        case .overloaded, .clockSetBack, .temporarilyUnavailable:
            switch kind {
            case .password: return signIn(.form(.busy), form, asked, sent, .serviceUnavailable, extra)
            case .newPassword: return newPassword(.form(.busy), form, asked, sent, .serviceUnavailable, extra)
            // There a password page would ask for what was proven already.
            case .account, .consent, .confirm: return nil
            }
        case .passwordRejected:
            return newPassword(.init(refusal.passwordProblem), form, asked, sent, .unprocessableContent)
        default: return nil
        }
    }

    private func signIn(
        _ trouble: SignInPage.Trouble, _ form: PageForm, _ asked: AuthorizationRequest,
        _ sent: AuthorizationParameters, _ status: HTTPResponse.Status, _ extra: HTTPFields = [:]
    ) -> Response {
        pages.renderer.response(
            SignInPage(
                client: shown(asked), username: form["username"] ?? "", trouble: trouble,
                takesAddress: pages.settings.users.emailSignIn, stay: form["stay"] != nil,
                fields: Self.fields(sent, form["seal"] ?? "")),
            setting(asked.uiLocales), status: status, extra: extra)
    }

    private func newPassword(
        _ trouble: NewPasswordPage.Trouble, _ form: PageForm, _ asked: AuthorizationRequest,
        _ sent: AuthorizationParameters, _ status: HTTPResponse.Status, _ extra: HTTPFields = [:]
    ) -> Response {
        pages.renderer.response(
            NewPasswordPage(
                client: shown(asked), username: form["username"] ?? "",
                minimumLength: pages.settings.password.minimumLength, trouble: trouble,
                fields: Self.fields(sent, form["seal"] ?? "")),
            setting(asked.uiLocales), status: status, extra: extra)
    }
}

extension NewPasswordPage.Trouble {
    init(_ problem: PasswordProblem?) {
        self =
            switch problem {
            case .tooShort, nil: .tooShort
            case .tooLong: .tooLong
            case .common: .common
            case .isName: .isName
            case .unchanged: .same
            }
    }
}
