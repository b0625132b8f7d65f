package import LatchkeyCore
import LatchkeyHTTP

/// What the handlers of pages share.
package struct PageServices: Sendable {
    let renderer: PageRenderer
    let reader: AuthorizationReader
    let signIns: SignInService
    let logoutReader: LogoutReader
    let logouts: LogoutService
    let accounts: AccountService
    let cookies: SignInCookies
    let origin: FormOrigin
    let settings: Settings
    let language: Language

    /// - Parameter language: for people whose browser asks for none of ours.
    package init(services: Services, renderer: PageRenderer, language: Language) {
        self.renderer = renderer
        reader = AuthorizationReader(
            directory: services.clientDirectory, hints: services.idTokenHints, settings: services.settings,
            ownPages: PagePath.returning)
        signIns = services.signIns
        logoutReader = LogoutReader(directory: services.clientDirectory, hints: services.idTokenHints)
        logouts = LogoutService(
            store: services.store, masterKeys: services.masterKeyRing, signIns: services.signIns,
            clock: services.clock)
        accounts = services.accounts
        cookies = SignInCookies(CookieForm(issuer: services.settings.issuer))
        origin = FormOrigin(issuer: services.settings.issuer)
        settings = services.settings
        self.language = language
    }

    /// A scope with the operator's words for it, and what it gives of the user's profile now.
    func request(_ scope: String, _ profile: Profile? = nil, _ setting: PageSetting) -> ConsentPage.Request {
        let value: String? =
            switch scope {
            case "email": profile?.email?.text
            case "profile": profile?.displayName
            default: nil
            }
        return ConsentPage.Request(
            scope, sentence: settings.sentences.sentence(for: scope, in: setting.wording.language.rawValue),
            value: value)
    }
}
