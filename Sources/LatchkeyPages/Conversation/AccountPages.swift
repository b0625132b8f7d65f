import Crypto
import HTTPTypes
import LatchkeyBytes
import LatchkeyCore
import LatchkeyHTTP
import LatchkeyTokens
import NIOCore

/// A request to a page of the account, from a browser that is signed in.
struct AccountVisit: Sendable {
    let browser: BrowserSession
    let visit: SignInVisit
    let request: Request
    let context: RequestContext
    /// The query of a `GET`, the fields of a form.
    let fields: RequestParameters

    /// The language of the browser, unless the query names one.
    func setting(_ pages: PageServices, at path: String) -> PageSetting {
        let language = Language.chosen(
            request: fields[LanguageQuery.name].map { [$0] } ?? [],
            acceptLanguage: request.headers[values: .acceptLanguage], standard: pages.language)
        return request.method == .get
            ? PageSetting(language, path: path, query: request.query) : PageSetting(language)
    }
}

/// The pages where people see and change their own account: `/account…`.
///
/// | request | then |
/// | --- | --- |
/// | without a live browser session | the browser is sent to sign in, and comes back to the page |
/// | a form of another site | refused: nothing is read |
/// | a form whose seal is too old, or of another browser session | the page again: nothing is changed |
/// | a form that needs a fresh proof, and the proof is older than ten minutes | sent to sign in, and comes back |
/// | another form | done, and the browser is sent to the page, which says so |
struct AccountPages: Sendable {
    let pages: PageServices

    /// What a form wants.
    private typealias Act = @Sendable (AccountVisit) async throws -> AccountResult

    var routes: [Route] {
        [
            Route(
                .get, PagePath.ownAccount, "openAccount", errors: .page, query: .unread,
                .open { _, _ in .seeOther(PagePath.sessions) }),
            page(PagePath.sessions, "openAccountSessions") { try await sessions($0) },
            page(PagePath.applications, "openAccountApplications") { try await applications($0) },
            page(PagePath.profile, "openAccountProfile") { try await profile($0) },
            form(PagePath.endSession, "endAccountSession", of: PagePath.sessions, end),
            form(PagePath.endOtherSessions, "endOtherAccountSessions", of: PagePath.sessions, isGuarded: true) {
                try await endOthers($0)
            },
            form(PagePath.renameSession, "renameAccountSession", of: PagePath.sessions, rename),
            form(
                PagePath.removeApplication, "removeAccountApplication", of: PagePath.applications, isGuarded: true,
                remove),
            form(PagePath.profile, "changeAccountProfile", of: PagePath.profile, save),
        ]
            // A form's address that was copied, or opened from the history.
            + [
                (PagePath.endSession, "openEndAccountSession", PagePath.sessions),
                (PagePath.endOtherSessions, "openEndOtherAccountSessions", PagePath.sessions),
                (PagePath.renameSession, "openRenameAccountSession", PagePath.sessions),
                (PagePath.removeApplication, "openRemoveAccountApplication", PagePath.applications),
            ].map { path, name, page in
                Route(.get, path, name, errors: .page, query: .unread, .open { _, _ in .seeOther(page) })
            }
    }

    private func page(
        _ path: String, _ name: String, _ show: @escaping @Sendable (AccountVisit) async throws -> Response
    ) -> Route {
        Route(
            .get, path, name, errors: .page, query: .tolerant,
            .open { request, context in
                let visitor = Visitor(request, context, pages)
                guard let browser = try await live(visitor) else { return signIn(for: path) }
                return try await show(
                    AccountVisit(
                        browser: browser, visit: visitor.visit, request: request, context: context,
                        fields: request.parameters))
            })
    }

    private func form(
        _ path: String, _ name: String, of page: String, isGuarded: Bool = false, _ act: @escaping Act
    ) -> Route {
        Route(
            .post, path, name, errors: .page, query: .unread,
            .open { request, context in
                try pages.origin.check(request.headers)
                try FormBody.check(request)
                let visitor = Visitor(request, context, pages)
                guard let browser = try await live(visitor) else { return signIn(for: page) }
                let visit = AccountVisit(
                    browser: browser, visit: visitor.visit, request: request, context: context,
                    fields: try RequestParameters(request.body.readableBytesView))
                guard pages.accounts.opens(visit.fields["seal"], Self.digest(page), browser, visitor.visit) else {
                    return try await show(page, visit, .expired)
                }
                if isGuarded, !pages.accounts.isFresh(browser) { return signIn(for: page, anew: true) }
                switch try await act(visit) {
                case .done(let note): return .seeOther(try location(page, note, visit))
                case .page(let response): return response
                }
            })
    }

    private func show(_ page: String, _ visit: AccountVisit, _ trouble: FormTrouble) async throws -> Response {
        switch page {
        case PagePath.applications: try await applications(visit, trouble)
        case PagePath.profile: try await profile(visit, trouble)
        default: try await sessions(visit, trouble)
        }
    }

    /// The browser session with which a browser may see the account; a cookie that only names one is not enough.
    private func live(_ visitor: Visitor) async throws -> BrowserSession? {
        try await pages.signIns.browser(visitor.visit.token).flatMap { $0.proofs == nil ? nil : $0 }
    }

    /// - Parameter anew: whether a proof of the last minutes is needed.
    private func signIn(for page: String, anew: Bool = false) -> Response {
        let target = PercentEncoding.encode(pages.settings.issuer + page)
        let age = anew ? "&max_age=\(AccountService.freshness.components.seconds)" : ""
        return .seeOther(
            Link(
                page: PagePath.authorize,
                query: "client_id=\(ClientID.signInPages)&redirect_uri=\(target)\(age)"
            ).text)
    }

    // MARK: Frame

    private static func digest(_ page: String) -> [UInt8] {
        Array(SHA256.hash(data: Array("account form \(page)".utf8)))
    }

    func frame(_ visit: AccountVisit, at page: String, _ trouble: FormTrouble? = nil) throws -> AccountFrame {
        let seal = try pages.accounts.seal(Self.digest(page), visit.browser, visit.visit)
        let note = trouble == nil ? AccountNote(visit, at: page, pages.accounts) : nil
        return AccountFrame(
            username: visit.browser.user.name, notice: note?.notice,
            heard: note?.sequence.flatMap { pages.accounts.heard(of: $0) }, trouble: trouble,
            fields: [HiddenField("seal", seal)])
    }

    private func location(_ page: String, _ note: AccountNote, _ visit: AccountVisit) throws -> String {
        Link(page: page, query: try note.query(visit, at: page, pages.accounts)).text
    }
}

/// What became of a form.
enum AccountResult: Sendable {
    case done(AccountNote)
    /// Something typed was refused.
    case page(Response)
}
